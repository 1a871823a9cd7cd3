# Shared by the scripts here, which source it and then run in the project's top
# directory.

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
# Where scripts/demo and scripts/cluster keep data, logs and pids.
demo_dir=$(realpath -m -- "${DEMO_DIR:-$root/demo-data}")
cd -- "$root"

# The members talk over loopback, whatever proxy the user has.
export no_proxy=127.0.0.1,localhost

if command -v ninja >/dev/null; then
  export CMAKE_GENERATOR=${CMAKE_GENERATOR:-Ninja}
fi

die() {
  echo "${0##*/}: $*" >&2
  exit 1
}

# build PRESET [TARGET]: configures and builds.
build() {
  cmake --preset "$1" >/dev/null
  cmake --build --preset "$1" --parallel "$(nproc)" ${2:+--target "$2"}
}

# --- the members of the Procfile ---

members() {
  sed -n 's/^kvnode\([0-9]*\):.*/\1/p' Procfile
}

# load ID: sets `command`, as the Procfile has it but with data in $demo_dir, and
# the member's `http_port` and `raft_port`.
load() {
  local line i addresses=() id=$1
  line=$(sed -n "s/^kvnode$id: *//p" Procfile)
  [[ $line ]] || die "the Procfile has no member $id"
  read -ra command <<<"$line"
  for i in "${!command[@]}"; do
    case ${command[i]} in
      --port) http_port=${command[i + 1]} ;;
      --cluster) IFS=, read -ra addresses <<<"${command[i + 1]}" ;;
      --data-dir) command[i + 1]=$demo_dir/kvnode-$id ;;
    esac
  done
  raft_port=${addresses[id - 1]##*:}
}

# pid_of ID: prints the member's pid; fails if it is not running. (A pid file may
# outlive its process, and the number may be another's by then.)
pid_of() {
  local pid line
  pid=$(cat "$demo_dir/kvnode-$1.pid" 2>/dev/null) || return 1
  line=$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") 2>/dev/null || return 1
  [[ $line == *"kvnode --id $1 "* ]] && echo "$pid"
}

# fetch PORT PATH: prints the answer of a member; fails if it is not a good one.
fetch() {
  curl --silent --fail --max-time 2 "http://127.0.0.1:$1$2"
}

# listening PORT
listening() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# within SECONDS COMMAND...: repeats the command until it succeeds; fails when it
# has not done so in time.
within() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < end)) || return 1
    sleep 0.1
  done
}
