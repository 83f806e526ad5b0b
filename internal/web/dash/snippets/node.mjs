import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

const url = "@PING@";
const run = randomUUID();

async function ping(path = "", body = "") {
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      const answer = await fetch(`${url}${path}?rid=${run}`, { method: "POST", body, signal: AbortSignal.timeout(10_000) });
      if (answer.ok) return;
    } catch {
      // tried again below
    }
    await sleep(1000 * 2 ** attempt);
  }
}

await ping("/start");
try {
  await backup();
} catch (problem) {
  await ping("/fail", String(problem));
  throw problem;
}
await ping();
