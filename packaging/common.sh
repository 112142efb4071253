# shellcheck shell=bash
# What the packaging scripts share. They are called as: packaging/NAME [BINARY]
# BINARY is the program, already built; without one it is built by cargo. Packages are written to the folder
# UNTRAINED_PACKAGES (default target/packages), each with its SHA-256 in NAME.sha256.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
files="$PWD/packaging/files"
app_id=org.untrained.Untrained
version="$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)"
# The same sources give the same packages: files have the time of the last change, which git knows.
SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}"
export SOURCE_DATE_EPOCH

fail() {
    echo "$(basename "$0"): $*" >&2
    exit 2
}

[ -n "$version" ] || fail "Cargo.toml has no version in [workspace.package]"

# need TOOL WHERE: ends with a message where to get a tool that is missing.
need() {
    command -v "$1" >/dev/null || fail "$1 is not installed: $2"
}

# The day of SOURCE_DATE_EPOCH. GNU's date, or that of macOS.
release_date() {
    date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%d 2>/dev/null || date -u -r "$SOURCE_DATE_EPOCH" +%Y-%m-%d
}

# fill FILE: a file with version, date and identifier of this release in place of @VERSION@, @DATE@ and @ID@.
fill() {
    sed -e "s/@VERSION@/$version/g" -e "s/@DATE@/$(release_date)/g" -e "s/@ID@/$app_id/g" "$1"
}

# find_binary [BINARY] [TARGET] [ENDING]: sets `binary`, which is built if it is not given.
find_binary() {
    if [ -n "${1:-}" ]; then
        [ -f "$1" ] || fail "$1: no such file; give the program, or nothing to build it"
        binary="$(realpath "$1")"
        return
    fi
    need cargo "see https://rustup.rs"
    local target="${CARGO_TARGET_DIR:-target}"
    cargo build --locked --release --package untrained-app ${2:+--target "$2"}
    # shellcheck disable=SC2034
    binary="$(realpath "$target/${2:+$2/}release/untrained${3:-}")"
}

# Sets `out`, the folder of the packages.
find_out() {
    out="${UNTRAINED_PACKAGES:-${CARGO_TARGET_DIR:-target}/packages}"
    mkdir -p "$out"
    out="$(realpath "$out")"
}

# finish FILE: moves a complete package to its folder, writes its checksum and says how large it is.
finish() {
    local name
    name="$(basename "$1")"
    mv -f "$1" "$out/$name"
    if command -v sha256sum >/dev/null; then
        (cd "$out" && sha256sum "$name" >"$name.sha256")
    else
        (cd "$out" && shasum -a 256 "$name" >"$name.sha256")
    fi
    echo "$out/$name: $(($(wc -c <"$out/$name") / 1024)) KiB, version $version"
}

# copy_documents FOLDER: what every package contains beside the program.
copy_documents() {
    mkdir -p "$1"
    cp LICENSE README.md CHANGELOG.md assets/THIRD-PARTY.txt "$1"
    cp -R docs "$1/docs"
}

# install_desktop PREFIX: what Linux desktops need, below a prefix such as /usr.
install_desktop() {
    mkdir -p "$1/share/applications" "$1/share/metainfo" "$1/share/mime/packages"
    fill "$files/untrained.desktop" >"$1/share/applications/$app_id.desktop"
    fill "$files/untrained.metainfo.xml" >"$1/share/metainfo/$app_id.metainfo.xml"
    cp "$files/untrained.mime.xml" "$1/share/mime/packages/$app_id.xml"
    local side folder
    for side in 16 32 48 64 128 256 512; do
        folder="$1/share/icons/hicolor/${side}x${side}/apps"
        mkdir -p "$folder"
        cp "assets/icon/untrained-$side.png" "$folder/$app_id.png"
    done
    mkdir -p "$1/share/icons/hicolor/scalable/apps"
    cp assets/icon/untrained.svg "$1/share/icons/hicolor/scalable/apps/$app_id.svg"
}

# set_times FOLDER: gives everything in it the time of the release.
set_times() {
    find "$1" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
}
