//! Which flags the common tools know, so that one which they do not ends them with their usage text.
//!
//! Tools that are not listed take anything. Short flags are written as getopt takes them: `n:` has a value.

use alloc::format;
use alloc::string::String;

/// The flags of a tool, or of several that share them.
struct Known {
    tools: &'static str,
    /// busybox' letters.
    busybox: &'static str,
    /// GNU's letters.
    gnu: &'static str,
    /// GNU's long names; `--help` and `--version` are everywhere.
    long: &'static str,
    /// The exit code of a wrong call: GNU's ls, grep, sort and diff keep 1 for other news.
    gnu_status: i32,
}

const fn known(
    tools: &'static str,
    busybox: &'static str,
    gnu: &'static str,
    long: &'static str,
    gnu_status: i32,
) -> Known {
    Known { tools, busybox, gnu, long, gnu_status }
}

#[rustfmt::skip]
const KNOWN: [Known; 29] = [
    known("basename", "as:", "as:z", "multiple suffix zero", 1),
    known("cat", "nbvteAu", "AETbenstuv", "number number-nonblank show-all show-ends show-nonprinting show-tabs squeeze-blank", 1),
    known("chmod", "Rvcf", "Rcfv", "changes no-preserve-root preserve-root quiet recursive reference silent verbose", 1),
    known("chown chgrp", "RhLHPcfv", "HLPRcfhv", "changes dereference from no-dereference no-preserve-root preserve-root quiet recursive reference silent verbose", 1),
    known("cp", "pdRfinlsLHarPvuTt:", "HLPRS:TZabdfilnprst:uvx", "archive attributes-only backup context copy-contents dereference force interactive link no-clobber no-dereference no-preserve no-target-directory one-file-system parents preserve recursive reflink remove-destination sparse strip-trailing-slashes suffix symbolic-link target-directory update verbose", 1),
    known("cut", "b:c:f:d:snO:D", "b:c:d:f:nsz", "bytes characters complement delimiter fields only-delimited output-delimiter zero-terminated", 1),
    known("df", "kPTmhia:B:t:", "B:HPTahiklt:vx:", "all block-size exclude-type human-readable inodes local no-sync output portability print-type si sync total type", 1),
    known("dirname", "", "z", "zero", 1),
    known("du", "aHkLsxd:lchm", "0B:DHLPSX:abcd:hklmst:x", "all apparent-size block-size bytes count-links dereference dereference-args exclude exclude-from files0-from human-readable inodes max-depth no-dereference null one-file-system separate-dirs si summarize threshold time time-style total", 1),
    known("egrep fgrep grep", "lnqvscFiHhe:f:Lorm:wxA:B:C:Ez", "A:B:C:D:EFGHILNPRTUVZabcd:e:f:hilm:noqrsvwxyz0123456789", "after-context basic-regexp before-context binary binary-files byte-offset color colour context count dereference-recursive devices directories exclude exclude-dir exclude-from extended-regexp file files-with-matches files-without-match fixed-strings group-separator ignore-case include initial-tab invert-match label line-buffered line-number line-regexp max-count no-filename no-group-separator no-ignore-case no-messages null null-data only-matching perl-regexp quiet recursive regexp silent text with-filename word-regexp", 2),
    known("id", "GZagnru", "GZagnruz", "context group groups name real user zero", 1),
    known("ln", "sfnbS:vT", "FLPS:Tbdfinrst:v", "backup directory force interactive logical no-dereference no-target-directory physical relative suffix symbolic target-directory verbose", 1),
    known("ls", "1AaCxdlgonisLHFpRhkcutrSXvw:QqNBT:I:", "1ABCDFGHI:LNQRST:UXZabcdfghiklmnopqrstuvw:x", "all almost-all author block-size classify color context dereference dereference-command-line dereference-command-line-symlink-to-dir directory dired escape file-type format full-time group-directories-first hide hide-control-chars human-readable hyperlink ignore ignore-backups indicator-style inode kibibytes literal no-group numeric-uid-gid quote-name quoting-style recursive reverse show-control-chars si size sort tabsize time time-style width zero", 2),
    known("mkdir", "m:pv", "Zm:pv", "context mode parents verbose", 1),
    known("mktemp", "dqtp:u", "dp:qtuV", "directory dry-run quiet suffix tmpdir", 1),
    known("mv", "finTvt:", "S:TZbfint:uv", "backup context force interactive no-clobber no-target-directory strip-trailing-slashes suffix target-directory update verbose", 1),
    known("readlink", "fnvsq", "efmnqsvz", "canonicalize canonicalize-existing canonicalize-missing no-newline quiet silent verbose zero", 1),
    known("realpath", "", "LPemqsz", "canonicalize-existing canonicalize-missing logical no-symlinks physical quiet relative-base relative-to strip zero", 1),
    known("rm", "fiRrv", "IRdfirv", "dir force interactive no-preserve-root one-file-system preserve-root recursive verbose", 1),
    known("rmdir", "pv", "pv", "ignore-fail-on-non-empty parents verbose", 1),
    known("sort", "ngMucszbrdfihVk:t:o:S:T:m", "C:MRS:T:Vbcdfghik:mno:rst:uz", "batch-size buffer-size check compress-program debug dictionary-order field-separator files0-from general-numeric-sort human-numeric-sort ignore-case ignore-leading-blanks ignore-nonprinting key merge month-sort numeric-sort output parallel random-sort random-source reverse sort stable temporary-directory unique version-sort zero-terminated", 2),
    known("stat", "Ltfc:", "Lc:ft", "cached dereference file-system format printf terse", 1),
    known("tac", "", "brs:", "before regex separator", 1),
    known("tee", "ia", "aip", "append ignore-interrupts output-error", 1),
    known("touch", "cd:t:r:afhm", "acd:fhmr:t:", "date no-create no-dereference reference time", 1),
    known("tr", "Ccds", "Ccdst", "complement delete squeeze-repeats truncate-set1", 1),
    known("uname", "amnrspvio", "aimnoprsv", "all hardware-platform kernel-name kernel-release kernel-version machine nodename operating-system processor", 1),
    known("uniq", "cduf:s:w:iz", "Dcdf:is:uw:z0123456789", "all-repeated check-chars count group ignore-case repeated skip-chars skip-fields unique zero-terminated", 1),
    known("wc", "lwmcL", "Lclmw", "bytes chars files0-from lines max-line-length words", 1),
];

/// Long names that busybox knows here and there, where its tools have long names at all.
const BUSYBOX_LONG: &str = "parents mode verbose ignore-fail-on-non-empty no-create reference date target-directory \
                            recursive format color full-time group-directories-first context";

/// What is wrong with a call, after the tool's name, and its exit code; `None` when every flag is known.
pub(crate) fn unknown(tool: &str, args: &[String], gnu: bool) -> Option<(String, i32)> {
    let known = KNOWN.iter().find(|k| k.tools.split(' ').any(|name| name == tool))?;
    let letters = if gnu { known.gnu } else { known.busybox };
    let status = match (gnu, tool) {
        (true, _) => known.gnu_status,
        (false, "grep" | "egrep" | "fgrep" | "sort") => 2,
        (false, _) => 1,
    };
    let mut words = args.iter();
    while let Some(word) = words.next() {
        if word == "--" {
            return None;
        }
        if let Some(long) = word.strip_prefix("--") {
            let name = long.split('=').next().unwrap_or(long);
            let names = if gnu { known.long } else { BUSYBOX_LONG };
            // A beginning of a name will do.
            if name == "help" || (gnu && name == "version") || names.split(' ').any(|n| n.starts_with(name)) {
                continue;
            }
            return Some((format!("unrecognized option '--{name}'"), status));
        }
        let Some(flags) = word.strip_prefix('-').filter(|f| !f.is_empty()) else { continue };
        // `chmod -x` takes a right away.
        if tool == "chmod" && flags.chars().all(|c| "rwxXst".contains(c)) {
            continue;
        }
        for (i, letter) in flags.char_indices() {
            let Some(at) = letters.find(letter).filter(|_| letter != ':') else {
                return Some((format!("invalid option -- '{letter}'"), status));
            };
            if letters[at + letter.len_utf8()..].starts_with(':') {
                if flags.len() == i + letter.len_utf8() {
                    words.next();
                }
                break;
            }
        }
    }
    None
}
