//! The simulated disk as a SQLite VFS: the one place where the simulation speaks C.
//!
//! Connections to it take the whole file (`locking_mode = EXCLUSIVE`), so there are no locks and no shared memory.
#![expect(unsafe_code, reason = "SQLite calls a VFS through pointers")]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::mem::size_of;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use rusqlite::ffi;

use crate::disk::{Disk, Errno, Inode};

/// The longest name of a file, with its NUL.
const LONGEST_NAME: c_int = 256;
/// The VFS's time: a Julian date in milliseconds. SQLite is never asked for the time.
const JULIAN_MS: i64 = 210_866_760_000_000;

static NEXT: AtomicU64 = AtomicU64::new(1);

type Shared = Mutex<Disk>;

/// A disk under a name that SQLite knows, for as long as this lives. Connections must not outlive it.
#[derive(Debug)]
pub(crate) struct Vfs {
    name: String,
    /// Given to SQLite: freed after it has forgotten it.
    raw: *mut ffi::sqlite3_vfs,
    _name: CString,
    pub(crate) disk: Arc<Shared>,
}

/// SQLite's file handle, in memory of SQLite's own.
#[repr(C)]
struct Handle {
    base: ffi::sqlite3_file,
    disk: *const Shared,
    inode: Inode,
}

impl Vfs {
    /// Registers the disk under a name of its own.
    pub(crate) fn register(disk: Disk) -> std::io::Result<Self> {
        let name = format!("sim-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let disk = Arc::new(Mutex::new(disk));
        let c_name = CString::new(name.clone()).map_err(std::io::Error::other)?;
        let raw = Box::into_raw(Box::new(ffi::sqlite3_vfs {
            iVersion: 2,
            szOsFile: size_of::<Handle>() as c_int,
            mxPathname: LONGEST_NAME,
            pNext: ptr::null_mut(),
            zName: c_name.as_ptr(),
            pAppData: Arc::as_ptr(&disk).cast_mut().cast(),
            xOpen: Some(open),
            xDelete: Some(delete),
            xAccess: Some(access),
            xFullPathname: Some(full_path),
            xDlOpen: None,
            xDlError: None,
            xDlSym: None,
            xDlClose: None,
            xRandomness: Some(randomness),
            xSleep: Some(sleep),
            xCurrentTime: Some(time),
            xGetLastError: None,
            xCurrentTimeInt64: Some(time_ms),
            xSetSystemCall: None,
            xGetSystemCall: None,
            xNextSystemCall: None,
        }));
        // SAFETY: the struct, its name and the disk live until `drop` has taken the VFS out of SQLite's list.
        let code = unsafe { ffi::sqlite3_vfs_register(raw, 0) };
        let vfs = Self { name, raw, _name: c_name, disk };
        if code == ffi::SQLITE_OK { Ok(vfs) } else { Err(std::io::Error::other("SQLite took no VFS")) }
    }

    /// What SQLite knows it by.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Vfs {
    fn drop(&mut self) {
        // SAFETY: `raw` came from a box in `register`; after the call SQLite does not know it any more, and no
        // connection to it is left.
        unsafe {
            ffi::sqlite3_vfs_unregister(self.raw);
            drop(Box::from_raw(self.raw));
        }
    }
}

/// SQLite keeps pointers to it.
static IO: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 1,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(size),
    xLock: Some(lock),
    xUnlock: Some(lock),
    xCheckReservedLock: Some(reserved),
    xFileControl: Some(control),
    xSectorSize: Some(sector),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: None,
    xShmLock: None,
    xShmBarrier: None,
    xShmUnmap: None,
    xFetch: None,
    xUnfetch: None,
};

fn code(errno: Errno) -> c_int {
    match errno {
        Errno::CannotOpen => ffi::SQLITE_CANTOPEN,
        Errno::NotThere => ffi::SQLITE_IOERR_DELETE_NOENT,
        Errno::Full => ffi::SQLITE_FULL,
        Errno::Read => ffi::SQLITE_IOERR_READ,
        Errno::Write => ffi::SQLITE_IOERR_WRITE,
        Errno::Truncate => ffi::SQLITE_IOERR_TRUNCATE,
        Errno::Sync => ffi::SQLITE_IOERR_FSYNC,
    }
}

fn done(outcome: Result<(), Errno>) -> c_int {
    outcome.map_or_else(code, |()| ffi::SQLITE_OK)
}

/// The disk of a VFS.
///
/// # Safety
/// `vfs` is one that [`Vfs::register`] made and that is still registered.
unsafe fn disk_of<'a>(vfs: *mut ffi::sqlite3_vfs) -> &'a Shared {
    // SAFETY: `pAppData` is the disk, which the registration keeps alive.
    unsafe { &*(*vfs).pAppData.cast::<Shared>() }
}

/// The disk and the file of a handle.
///
/// # Safety
/// `file` is a handle that [`open`] filled.
unsafe fn file_of<'a>(file: *mut ffi::sqlite3_file) -> (&'a Shared, Inode) {
    // SAFETY: `open` wrote a whole `Handle` there, and its disk outlives every connection.
    unsafe {
        let handle = &*file.cast::<Handle>();
        (&*handle.disk, handle.inode)
    }
}

/// A name as SQLite gives it; `None` where there is none.
///
/// # Safety
/// `name` is NULL or ends with a NUL.
unsafe fn text<'a>(name: *const c_char) -> Option<&'a str> {
    if name.is_null() {
        return None;
    }
    // SAFETY: not NULL, and SQLite's names end with a NUL.
    unsafe { CStr::from_ptr(name) }.to_str().ok()
}

unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives its own name, a VFS of ours, and `szOsFile` bytes at `file`, aligned for a pointer.
    unsafe {
        (*file).pMethods = ptr::null();
        let shared = disk_of(vfs);
        match shared.lock().open(text(name), flags & ffi::SQLITE_OPEN_CREATE != 0) {
            Ok(inode) => {
                let handle =
                    Handle { base: ffi::sqlite3_file { pMethods: &raw const IO }, disk: shared, inode };
                file.cast::<Handle>().write(handle);
                if !out_flags.is_null() {
                    *out_flags = flags;
                }
                ffi::SQLITE_OK
            }
            Err(errno) => code(errno),
        }
    }
}

unsafe extern "C" fn delete(vfs: *mut ffi::sqlite3_vfs, name: *const c_char, sync_dir: c_int) -> c_int {
    // SAFETY: SQLite gives a VFS of ours and a name.
    let (shared, name) = unsafe { (disk_of(vfs), text(name)) };
    done(name.map_or(Err(Errno::NotThere), |name| shared.lock().delete(name, sync_dir != 0)))
}

unsafe extern "C" fn access(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    _flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives a VFS of ours, a name, and a place for the answer.
    unsafe { *out = c_int::from(text(name).is_some_and(|name| disk_of(vfs).lock().exists(name))) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn full_path(
    _vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    length: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: SQLite gives a name and room for `length` bytes.
    unsafe {
        let name = CStr::from_ptr(name).to_bytes_with_nul();
        if name.len() > usize::try_from(length).unwrap_or(0) {
            return ffi::SQLITE_CANTOPEN;
        }
        ptr::copy_nonoverlapping(name.as_ptr().cast(), out, name.len());
    }
    ffi::SQLITE_OK
}

/// Never asked for: SQLite's randomness comes from the default VFS.
unsafe extern "C" fn randomness(_vfs: *mut ffi::sqlite3_vfs, length: c_int, out: *mut c_char) -> c_int {
    // SAFETY: SQLite gives room for `length` bytes.
    unsafe { ptr::write_bytes(out, 7, usize::try_from(length).unwrap_or(0)) };
    length
}

unsafe extern "C" fn sleep(_vfs: *mut ffi::sqlite3_vfs, microseconds: c_int) -> c_int {
    microseconds
}

unsafe extern "C" fn time(_vfs: *mut ffi::sqlite3_vfs, out: *mut f64) -> c_int {
    // SAFETY: SQLite gives a place for the answer.
    unsafe { *out = JULIAN_MS as f64 / 86_400_000.0 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn time_ms(_vfs: *mut ffi::sqlite3_vfs, out: *mut ffi::sqlite3_int64) -> c_int {
    // SAFETY: SQLite gives a place for the answer.
    unsafe { *out = JULIAN_MS };
    ffi::SQLITE_OK
}

unsafe extern "C" fn close(_file: *mut ffi::sqlite3_file) -> c_int {
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    into: *mut c_void,
    length: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    let (Ok(length), Ok(offset)) = (usize::try_from(length), usize::try_from(offset)) else {
        return ffi::SQLITE_IOERR_READ;
    };
    // SAFETY: SQLite gives a handle of ours and room for `length` bytes, zeroed first because it may hold anything.
    let (into, (disk, inode)) = unsafe {
        ptr::write_bytes(into.cast::<u8>(), 0, length);
        (std::slice::from_raw_parts_mut(into.cast::<u8>(), length), file_of(file))
    };
    match disk.lock().read(inode, offset, into) {
        Ok(found) if found == length => ffi::SQLITE_OK,
        Ok(_) => ffi::SQLITE_IOERR_SHORT_READ,
        Err(errno) => code(errno),
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    length: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    let (Ok(length), Ok(offset)) = (usize::try_from(length), usize::try_from(offset)) else {
        return ffi::SQLITE_IOERR_WRITE;
    };
    // SAFETY: SQLite gives a handle of ours and `length` bytes to read.
    let (data, (disk, inode)) =
        unsafe { (std::slice::from_raw_parts(from.cast::<u8>(), length), file_of(file)) };
    done(disk.lock().write(inode, offset, data))
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, length: ffi::sqlite3_int64) -> c_int {
    // SAFETY: a handle of ours.
    let (disk, inode) = unsafe { file_of(file) };
    done(
        usize::try_from(length)
            .map_err(|_| Errno::Truncate)
            .and_then(|length| disk.lock().truncate(inode, length)),
    )
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _flags: c_int) -> c_int {
    // SAFETY: a handle of ours.
    let (disk, inode) = unsafe { file_of(file) };
    done(disk.lock().sync(inode))
}

unsafe extern "C" fn size(file: *mut ffi::sqlite3_file, out: *mut ffi::sqlite3_int64) -> c_int {
    // SAFETY: a handle of ours and a place for the answer.
    unsafe {
        let (disk, inode) = file_of(file);
        *out = disk.lock().size(inode) as i64;
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn lock(_file: *mut ffi::sqlite3_file, _level: c_int) -> c_int {
    ffi::SQLITE_OK
}

unsafe extern "C" fn reserved(_file: *mut ffi::sqlite3_file, out: *mut c_int) -> c_int {
    // SAFETY: SQLite gives a place for the answer.
    unsafe { *out = 0 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn control(_file: *mut ffi::sqlite3_file, _op: c_int, _arg: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector(_file: *mut ffi::sqlite3_file) -> c_int {
    512
}

/// As for SQLite's own VFS on Linux: a torn write spoils nothing beside itself.
unsafe extern "C" fn characteristics(_file: *mut ffi::sqlite3_file) -> c_int {
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}
