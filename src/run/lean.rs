//! What only starts the program does not stay in its memory.
//!
//! Arguments, configuration and the first looks at the machine need code that the running monitor never
//! calls again, and every page of it that was touched counts in its resident size until somebody asks
//! for the memory. `madvise(2)` with `MADV_DONTNEED` gives pages of a private file mapping back that
//! were never written to; the next touch reads them from the page cache again.

/// Gives back the pages of all code that is mapped.
#[cfg(target_os = "linux")]
pub fn give_back_code() {
    let Ok(maps) = std::fs::read_to_string("/proc/self/maps") else { return };
    for (start, length) in maps.lines().filter_map(code) {
        // What fails leaves things as they are.
        #[expect(unsafe_code, reason = "no safe wrapper for madvise(2) on the program's own code")]
        // SAFETY: the mapping is of a file and cannot be written to, so each of its pages is what the
        // file has, and is read from there when it is touched again.
        unsafe {
            libc::madvise(start as *mut libc::c_void, length, libc::MADV_DONTNEED);
        }
    }
}

/// Elsewhere nothing is done.
#[cfg(not(target_os = "linux"))]
pub fn give_back_code() {}

/// Start and length of a line's mapping, if that is code of a file and nobody can write to it:
/// `55e0c000-55e4d000 r-xp 00021000 fe:00 1234   /usr/bin/migtop` (`proc_pid_maps(5)`).
#[cfg(target_os = "linux")]
fn code(line: &str) -> Option<(usize, usize)> {
    let mut fields = line.split_ascii_whitespace();
    let (from, to) = fields.next()?.split_once('-')?;
    let is_code = fields.next()? == "r-xp" && fields.nth(3)?.starts_with('/');
    let address = |text| usize::from_str_radix(text, 16).ok();
    let (from, to) = (address(from)?, address(to)?);
    (is_code && from < to).then(|| (from, to - from))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn only_code_of_files_is_given_back() {
        let maps = "\
55e0c0000000-55e0c0021000 r--p 00000000 fe:00 1234 /usr/bin/migtop
55e0c0021000-55e0c0022000 r-xp 00021000 fe:00 1234 /usr/bin/migtop
55e0c0022000-55e0c0023000 rw-p 00022000 fe:00 1234 /usr/bin/migtop
7fff00000000-7fff00001000 r-xp 00000000 00:00 0    [vdso]
7fff10000000-7fff10001000 r-xp 00000000 00:00 0
";
        let found: Vec<_> = maps.lines().filter_map(code).collect();
        assert_eq!(found, [(0x55e0_c002_1000, 0x1000)]);
    }

    #[test]
    fn the_program_goes_on_without_its_pages() {
        give_back_code();
        let words = "one two".split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words, ["one", "two"]);
    }
}
