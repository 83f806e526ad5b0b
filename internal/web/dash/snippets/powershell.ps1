$url = '@PING@'
$run = [guid]::NewGuid()

function Send-Ping($path, $body = '') {
    foreach ($try in 1..5) {
        try {
            Invoke-RestMethod -Method Post -TimeoutSec 10 -Uri "${url}${path}?rid=${run}" -Body $body | Out-Null
            return
        } catch {
            Start-Sleep -Seconds (2 * $try)
        }
    }
}

Send-Ping '/start'
$output = & C:\jobs\backup.exe 2>&1 | Out-String
$status = $LASTEXITCODE
$output
$reported = if ($status -ge 0 -and $status -le 255) { $status } else { 255 }
Send-Ping "/$reported" $output.Substring([Math]::Max(0, $output.Length - 9000))
exit $status
