#!/bin/sh
# Installs Hearthline on this machine (docs/install.md). What it does first it does with what every system has: it checks the
# signature and the sums of the bundle before anything in it is run. The rest is done by the program inside.
set -eu

usage() {
  cat <<'END'
Usage: install.sh --bundle FILE --key FILE [OPTIONS]     from a bundle; needs no network
       install.sh [OPTIONS]                              from a clone; needs Node 20 and package sources
       install.sh --uninstall [--purge]

  --bundle FILE      the bundle
  --key FILE         the public key of who makes the bundles (hearthline-release.gpg), got by another way than the bundle
  --answers FILE     answers to all questions, for an unattended installation (docs/install.md)
  --yes              the usual answers where no file gives others
  --dry-run          says what would be done, and does nothing
  --no-start         installs, and leaves the start to you
  --uninstall        removes the programs and keeps all data; --purge removes the data too
END
}

fail() {
  printf 'install.sh: %s\n' "$1" >&2
  exit 1
}

# A path that stays right when the working directory changes.
absolute() {
  case $1 in
    /*) printf '%s\n' "$1" ;;
    *) printf '%s/%s\n' "$(pwd)" "$1" ;;
  esac
}

bundle=''
key=''
uninstall=''
# What is not for this script is handed on; "--" ends the round through the arguments.
set -- "$@" --
while [ "$1" != -- ]; do
  case $1 in
    --bundle | --key | --answers)
      [ "$2" != -- ] || fail "$1 needs a file"
      [ -r "$2" ] || fail "$1: $2 cannot be read"
      file=$(absolute "$2")
      case $1 in
        --bundle) bundle=$file ;;
        --key) key=$file ;;
        --answers) set -- "$@" --answers "$file" ;;
      esac
      shift 2
      ;;
    --uninstall)
      uninstall=yes
      shift
      ;;
    --yes | --dry-run | --no-start | --purge)
      set -- "$@" "$1"
      shift
      ;;
    -h | --help)
      usage
      exit 0
      ;;
    *) fail "unknown option $1 (--help tells which there are)" ;;
  esac
done
shift

[ "$(id -u)" = 0 ] || fail 'run it as root: sudo sh install.sh ...'
umask 022

if [ -n "$uninstall" ]; then
  [ -x /opt/hearthline/current/bin/hearthline ] || fail 'there is no Hearthline on this machine'
  exec /opt/hearthline/current/bin/hearthline uninstall "$@"
fi

if [ -z "$bundle" ]; then
  clone=$(dirname "$(dirname "$(absolute "$0")")")
  [ -f "$clone/package-lock.json" ] || fail 'say which bundle to install: --bundle FILE --key FILE'
  command -v node > /dev/null || fail 'installing from a clone needs Node 20: install it, or use a bundle, which carries it'
  cd "$clone"
  exec node installer/bootstrap.mjs install "$@"
fi

[ -n "$key" ] || fail 'the bundle is only as good as its signature: name the public key with --key FILE'
for program in gpgv tar gzip sha256sum df; do
  command -v "$program" > /dev/null || fail "$program is missing (on RHEL, gpgv comes with gnupg2)"
done

# Beside nothing that others may write to; gone when this script ends, however it ends.
base=${TMPDIR:-/var/tmp}
free=$(df -Pk "$base" | awk 'NR == 2 { print $4 }')
[ "$free" -gt 700000 ] || fail "$base has $((free / 1024)) MB free, and unpacking needs 700: make room, or name another place with TMPDIR=DIR"
stage=$(mktemp -d "$base/hearthline-install.XXXXXX")
trap 'rm -rf "$stage"' EXIT
trap 'exit 130' INT TERM HUP
cd "$stage"

unpack() {
  tar -xf "$bundle" --no-same-owner "$@" 2> tar.log || fail "$bundle is not a whole bundle ($(head -n 1 tar.log)): get it again"
}

unpack SHA256SUMS SHA256SUMS.sig
# The clock may be wrong, which is looked at later; it must not decide whom to trust.
gpgv --quiet --ignore-time-conflict --keyring "$key" SHA256SUMS.sig SHA256SUMS 2> gpgv.log || {
  cat gpgv.log >&2
  fail "the signature of $bundle is not good under $key: it was not made by who holds that key, or was changed on the way. Nothing was done."
}
unpack
sha256sum --check --strict --quiet SHA256SUMS > sums.log 2>&1 || {
  cat sums.log >&2
  fail "$bundle was changed or cut since it was signed: get it again. Nothing was done."
}
tar -xzf release.tar.gz --no-same-owner
tar -xf packages.tar --no-same-owner
rm release.tar.gz packages.tar

code=0
release/node/bin/node release/dist/installer/install/main.js --staged "$stage" --key "$key" "$@" || code=$?
exit "$code"
