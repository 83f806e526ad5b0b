<?php
$run = vsprintf('%s%s-%s-%s-%s-%s%s%s', str_split(bin2hex(random_bytes(16)), 4));

function ping(string $path = '', string $body = ''): void
{
    global $run;
    $options = ['method' => 'POST', 'header' => 'Content-Type: text/plain', 'content' => $body, 'timeout' => 10];
    for ($attempt = 0; $attempt < 5; $attempt++) {
        if (@file_get_contents("@PING@$path?rid=$run", false, stream_context_create(['http' => $options])) !== false) {
            return;
        }
        sleep(2 ** $attempt);
    }
}

ping('/start');
try {
    backup();
} catch (Throwable $problem) {
    ping('/fail', (string) $problem);
    throw $problem;
}
ping();
