//! On Windows, a program with a window has no console of its own. Started from one, it uses that.

use std::fs::{File, OpenOptions};
use std::os::windows::io::IntoRawHandle;

use windows_sys::Win32::System::Console::{
    ATTACH_PARENT_PROCESS, AttachConsole, GetStdHandle, STD_ERROR_HANDLE, STD_HANDLE,
    STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, SetStdHandle,
};

const STREAMS: [STD_HANDLE; 3] = [STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE];

/// Attaches the console of the program that started this one, if it has one. Streams that are redirected stay so;
/// the others are the console's. To be called before anything is read or written.
pub fn attach() {
    // SAFETY: the calls take and give back handles and touch no memory of ours.
    let redirected = STREAMS.map(|stream| unsafe { GetStdHandle(stream) });
    // SAFETY: as above. It fails where there is no console to attach, and where one is attached.
    if unsafe { AttachConsole(ATTACH_PARENT_PROCESS) } == 0 {
        return;
    }
    for (stream, before) in STREAMS.into_iter().zip(redirected) {
        let is_redirected = !before.is_null() && before as isize != -1;
        let handle = match is_redirected {
            true => before,
            false => match console(stream) {
                Ok(console) => console.into_raw_handle(),
                // What is written is lost, as it was before.
                Err(_) => continue,
            },
        };
        // SAFETY: the handle is open and belongs to nobody else, so it stays open until the process ends.
        unsafe { SetStdHandle(stream, handle) };
    }
}

/// The console, for reading or writing. Both are asked for, because its mode can be set only then.
fn console(stream: STD_HANDLE) -> std::io::Result<File> {
    let name = if stream == STD_INPUT_HANDLE { "CONIN$" } else { "CONOUT$" };
    OpenOptions::new().read(true).write(true).open(name)
}
