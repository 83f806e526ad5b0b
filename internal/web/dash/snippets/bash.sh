#!/bin/bash
url='@PING@'
run=$(cat /proc/sys/kernel/random/uuid 2>/dev/null || uuidgen | tr A-Z a-z)
ping() { curl -fsS -m 10 --retry 5 --retry-connrefused -o /dev/null "$@"; }

ping -d '' "$url/start?rid=$run"
log=$(mktemp)
/usr/local/bin/backup >"$log" 2>&1
status=$?
tail -c 10000 "$log" | ping --data-binary @- "$url/$status?rid=$run"
cat "$log"; rm -f "$log"
exit "$status"
