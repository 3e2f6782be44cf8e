#!/bin/sh
# Every call of the gateway's HTTP API, with curl and openssl, in any POSIX shell:
#
#   RAINBOW_SECURITY_TOKEN=change-me-please examples/curl/calls.sh CHANNEL [IDENTITY]
#
# With the identity of a connected client also those that are about one client. Ends with curl's code where a call fails.
set -eu

gateway=${RAINBOW_URL:-http://127.0.0.1:1984}
token=${RAINBOW_SECURITY_TOKEN:-change-me-please}
channel=${1:?Usage: calls.sh CHANNEL [IDENTITY]}
identity=${2:-}

# The three parameters that sign one call: SHA-1 of token, timestamp and nonce, sorted by their bytes and joined.
signed() {
  timestamp=$(date +%s)
  nonce=$(openssl rand -hex 8)
  joined=$(printf '%s\n' "$token" "$timestamp" "$nonce" | LC_ALL=C sort | tr -d '\n')
  signature=$(printf %s "$joined" | openssl dgst -sha1 -r | cut -d ' ' -f 1)
  printf 'timestamp=%s&nonce=%s&signature=%s' "$timestamp" "$nonce" "$signature"
}

# post PATH_AND_QUERY BODY: the query ends in & or ?, and the signature follows.
post() {
  printf '\nPOST %s\n' "$1"
  curl --silent --show-error --fail-with-body --data-binary "$2" "$gateway$1$(signed)"
  echo
}

get() {
  printf '\nGET %s\n' "$1"
  # Not piped: the shell would not see that curl failed.
  answer=$(curl --silent --show-error --fail-with-body "$gateway$1")
  printf '%s\n' "$answer" | sed -n 1,3p
}

# A text as it may stand in a query, byte by byte.
escape() {
  for byte in $(printf %s "$1" | od -An -v -tx1); do
    case $byte in
      # Letters, digits and - . _ ~
      2[de] | 3[0-9] | 4[1-9a-f] | 5[0-9af] | 6[1-9a-f] | 7[0-9ae]) printf "\\$(printf %03o "0x$byte")" ;;
      *) printf '%%%02X' "0x$byte" ;;
    esac
  done
}
to_channel=$(escape "$channel")

get /hello/
post "/send/?channel=$to_channel&msgtype=2&qos=0&" '{"text":"perhaps"}'
post "/send/?channel=$to_channel&msgtype=2&qos=1&timeout=2&" '{"text":"at least once"}'
post "/send/?channel=$to_channel&msgtype=2&qos=2&timeout=2&" '{"text":"exactly once"}'
post "/send/?channel=$to_channel&msgtype=3&qos=2&timeout=2&replies=all&" '{}'

if [ -n "$identity" ]; then
  post "/send/?identity=$(escape "$identity")&msgtype=2&qos=2&timeout=2&" '{"text":"only you"}'
  post '/sub/?' "{\"identity\":\"$identity\",\"channel\":\"curl-news\"}"
  post '/sub/?' "{\"identity\":\"$identity\",\"channel\":\"curl-seat\",\"occupy\":true}"
  post '/unsub/?' "{\"identity\":\"$identity\",\"channel\":\"curl-news\"}"
  post '/unsub/?' "{\"identity\":\"$identity\",\"channel\":\"curl-seat\"}"
fi

# With a key of the gateway's `api_keys` in place of a signature.
if [ -n "${RAINBOW_API_KEY:-}" ]; then
  printf '\nPOST /send/, with a key\n'
  curl --silent --show-error --fail-with-body --data-binary '{"text":"with a key"}' \
    --header "Authorization: Bearer $RAINBOW_API_KEY" "$gateway/send/?channel=$to_channel&msgtype=2&qos=1&timeout=2"
  echo
fi

get '/serverinfo/?format=json'
get /metrics/
