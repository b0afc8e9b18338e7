# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Debian's packages of other releases, from the archives that this machine already uses. Nothing is
# installed, and the machine's own lists stay as they are.

# Debian's archives in the settings of this machine, in both of apt's notations.
debian_archives() {
  {
    { cat /etc/apt/sources.list.d/*.sources 2> /dev/null || true; } |
      awk '$1 == "URIs:" { for (i = 2; i <= NF; i++) print $i }'
    { cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2> /dev/null || true; } |
      awk '$1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /^[a-z+]+:/) { print $i; break } }'
  } | sed 's:/*$::' | awk '/debian(-security)?$/ && !seen[$0]++'
}

# Says where apt finds suites: an architecture, suites.
debian_sources() {
  local keyring archive suite
  keyring=$(find /usr/share/keyrings -name 'debian-archive-keyring.*' 2> /dev/null |
    sort | head -n 1)
  while read -r archive; do
    for suite in "${@:2}"; do
      # The security archive has the suites of that name, and no other archive has them.
      case $archive:$suite in
        *-security:*-security) ;;
        *-security:* | *:*-security) continue ;;
      esac
      echo "deb [arch=$1${keyring:+ signed-by=$keyring}] $archive $suite main"
    done
  done < <(debian_archives)
}

# Sets `apt_options`, with which apt keeps all in a folder and takes its sources from the standard
# input: the folder, an architecture. What it says of its lists is in the folder's log.
use_apt_in() {
  mkdir -p "$1/lists/partial" "$1/cache/archives/partial"
  : > "$1/status"
  cat > "$1/sources.list"
  apt_options=(
    -o "Dir::Etc::SourceList=$1/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null
    -o "Dir::State=$1" -o "Dir::State::Lists=$1/lists" -o "Dir::State::Status=$1/status"
    -o "Dir::Cache=$1/cache" -o "APT::Architecture=$2" -o "APT::Architectures=$2"
    -o APT::Install-Recommends=false -o APT::Sandbox::User=root -o Acquire::Languages=none
    -o Acquire::Retries=2 -o Acquire::http::Timeout=30
  )
  # An archive without one of the suites does not hide what the others have.
  apt-get "${apt_options[@]}" --quiet update > "$1/log" 2>&1 || true
}
