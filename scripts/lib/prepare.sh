# Shared by scripts/run, scripts/test and scripts/rig; sourced, never run. Everything said here goes to standard error, because
# standard output belongs to the tool.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# Debian package | path or command whose presence proves it is not needed | why it is needed
build_packages=(
  'libc6-dev|/usr/include/stdio.h|C library headers and the static C library'
  'libstdc++-12-dev|/usr/lib/gcc/*/*/libstdc++.a|the static C++ library the Swift runtime is linked with'
  'binutils|ld|the linker'
  'ca-certificates|/etc/ssl/certs/ca-certificates.crt|git checks the servers of the dependencies with it'
  'git|git|SwiftPM fetches the dependencies with it'
  'pkg-config|pkg-config|SwiftPM finds liburing and libnl with it'
  'liburing-dev|/usr/include/liburing.h|io_uring headers and library'
  'libnl-3-dev|/usr/include/libnl3/netlink/netlink.h|netlink headers and library'
  'libnl-genl-3-dev|/usr/include/libnl3/netlink/genl/genl.h|generic netlink headers and library'
)
rig_packages=(
  'python3|/usr/bin/python3|the tests and the kernel rig are written in its standard library'
  'util-linux|unshare|namespaces: of the network, and of what the kernel rig runs in'
)
test_packages=(
  'python3-jsonschema|/usr/lib/python3/dist-packages/jsonschema|real reports are checked against the JSON Schema'
  'python3-prometheus-client|/usr/lib/python3/dist-packages/prometheus_client|the reader of --metrics that is not ours'
  'python3-markdown-it|/usr/lib/python3/dist-packages/markdown_it|the reader of --markdown that is not ours'
  'iperf3|iperf3|the stock peer of every interoperability test'
  'netcat-openbsd|nc|the raw sender'
  'iproute2|ip|network namespaces and veth pairs'
  'ethtool|/usr/sbin/ethtool|the other reader of what nic show prints'
  'procps|/usr/sbin/sysctl|kernel settings inside those namespaces'
  'sysstat|mpstat|the other reader of processor time'
  'shellcheck|shellcheck|checks the scripts'
)
# Whose absence costs only the tests that use them, which say so.
optional_test_packages=(
  'valgrind|valgrind|counts the instructions of the hot loop'
  'chromium-headless-shell|chromium-headless-shell|opens the page of zcrx-bench report'
)

say() { printf '%s\n' "$*" >&2; }

require_swift() {
  local version
  if ! command -v swift >/dev/null; then
    say "zcrx-bench is written in Swift, and no 'swift' is in PATH."
    say 'Install a Swift 6.1 or newer toolchain (https://www.swift.org/install/linux/) and put its usr/bin into PATH.'
    exit 77
  fi
  version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\)\.\([0-9]*\).*/\1 \2/p' | head -n 1)
  local major=${version% *} minor=${version#* }
  if [[ -z $version ]] || ((major < 6 || (major == 6 && minor < 1))); then
    [[ -n $version ]] && version="Swift ${version/ /.}"
    say "zcrx-bench needs Swift 6.1 or newer; $(command -v swift) is ${version:-one that does not tell its version}."
    exit 77
  fi
}

# Whether what a package brings is there already; it may have come another way than through apt.
is_present() {
  if [[ $1 == /* ]]; then compgen -G "$1" >/dev/null; else command -v "$1" >/dev/null; fi
}

# install_missing ENTRY… : entries as in the tables above.
install_missing() {
  local entry package probe why missing=() privilege=()
  for entry in "$@"; do
    IFS='|' read -r package probe why <<<"$entry"
    is_present "$probe" && continue
    missing+=("$package")
    say "missing: $package ($why)"
  done
  ((${#missing[@]})) || return 0

  local command="apt-get install --no-install-recommends ${missing[*]}"
  if ! command -v apt-get >/dev/null; then
    say "This is no Debian: install what these Debian packages hold, then run this again: ${missing[*]}"
    exit 1
  fi
  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null || ! { sudo -n true 2>/dev/null || [[ -t 0 ]]; }; then
      say "Installing packages needs root, which this user cannot get without a terminal. As root, run: $command"
      exit 1
    fi
    say "Installing packages needs root: sudo may ask for your password."
    privilege=(sudo)
  fi
  say "+ $command"
  local install=(
    "${privilege[@]}" env DEBIAN_FRONTEND=noninteractive
    apt-get install --yes --quiet --no-install-recommends "${missing[@]}"
  )
  # A fresh machine has no package lists, an old one has stale ones: both show as a failing installation.
  if ! "${install[@]}" </dev/null >&2; then
    say '+ apt-get update (the package lists may be missing or old)'
    "${privilege[@]}" apt-get update --quiet </dev/null >&2 || true
    if ! "${install[@]}" </dev/null >&2; then
      say "The packages could not be installed (above is what apt-get said). By hand: $command"
      exit 1
    fi
  fi
}

prepare_build() {
  require_swift
  install_missing "${build_packages[@]}"
}

prepare_tests() {
  require_swift
  install_missing "${build_packages[@]}" "${rig_packages[@]}" "${test_packages[@]}"
  # In a shell of its own, which may end where the package cannot be had.
  (install_missing "${optional_test_packages[@]}") || say 'Going on without; the tests that need it are skipped.'
}

prepare_rig() { install_missing "${rig_packages[@]}"; }

# In the kernel rig only: asks the kernel of a zero-copy queue what the tool does not say.
probe=rig-probe

# What an executable is made of, as a hash: a changed, added, removed or renamed source changes it, and so do another
# toolchain and other static libraries.
inputs() {
  {
    find "$root/Sources" "$root/Tests/Rig/Probe" "$root/Tests/Rig/StepCounter" "$root/Tests/Reference" "$root/Package.swift" /usr/lib/*/liburing.a /usr/lib/*/libnl-*.a \
      -printf '%p %s %T@ %C@\n' 2>/dev/null | LC_ALL=C sort
    stat --dereference --format '%n %s %Y' "$(command -v swift)"
  } | sha256sum
}

# outputs PRODUCT: what a build leaves behind: another build (with other options, say) in between changes it.
outputs() {
  stat --dereference --format '%n %s %Y' "$root/.build/release/$1" "$root/Package.resolved" 2>/dev/null | sha256sum
}

# build_product PRODUCT: brings a static executable up to date; silent and quick when it already is.
build_product() {
  local made_of stamp=$root/.build/$1.stamp
  # Taken before the build: a source saved while the compiler runs must not count as built.
  made_of=$(inputs)
  if [[ -x $root/.build/release/$1 && -f $stamp && $(<"$stamp") == "$made_of $(outputs "$1")" ]]; then return 0; fi
  say "Building $1 (release, static); the first time takes about a minute."
  swift build --package-path "$root" --configuration release --product "$1" -Xswiftc -static-executable >&2
  printf '%s' "$made_of $(outputs "$1")" >"$stamp"
}

build_release() { build_product zcrx-bench; }

# The hot loop beside the same in C (Tests/Reference).
build_for_cost() { build_product receive-cost; }

# What the kernel rig takes into its guest.
build_for_rig() {
  build_release
  if grep -q "\"$probe\"" "$root/Package.swift"; then build_product "$probe"; fi
}
