//! Why a file operation failed.

/// Why a file operation failed; [`Errno::message`] words it as libc does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // Their names are the documentation.
pub enum Errno {
    ENOENT,
    EACCES,
    EPERM,
    EEXIST,
    ENOTDIR,
    EISDIR,
    ENOTEMPTY,
    EROFS,
    ELOOP,
    ENOSPC,
    EBADF,
    EINVAL,
    EBUSY,
    EXDEV,
    ENXIO,
    ENOEXEC,
    ESRCH,
    EPIPE,
    EAGAIN,
}

impl Errno {
    /// `No such file or directory`.
    pub fn message(self) -> &'static str {
        match self {
            Errno::ENOENT => "No such file or directory",
            Errno::EACCES => "Permission denied",
            Errno::EPERM => "Operation not permitted",
            Errno::EEXIST => "File exists",
            Errno::ENOTDIR => "Not a directory",
            Errno::EISDIR => "Is a directory",
            Errno::ENOTEMPTY => "Directory not empty",
            Errno::EROFS => "Read-only file system",
            Errno::ELOOP => "Too many levels of symbolic links",
            Errno::ENOSPC => "No space left on device",
            Errno::EBADF => "Bad file descriptor",
            Errno::EINVAL => "Invalid argument",
            Errno::EBUSY => "Device or resource busy",
            Errno::EXDEV => "Invalid cross-device link",
            Errno::ENXIO => "No such device or address",
            Errno::ENOEXEC => "Exec format error",
            Errno::ESRCH => "No such process",
            Errno::EPIPE => "Broken pipe",
            Errno::EAGAIN => "Resource temporarily unavailable",
        }
    }
}
