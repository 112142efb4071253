//! Every command once: its name, its explanation, its shortcut and its place in the menu. Menu,
//! shortcuts and palette all use this list.

use egui::{Key, KeyboardShortcut, Modifiers};

use crate::state::{AppState, View};

/// Something a person can have done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Opens a file by dialog.
    Open,
    /// Chooses the file of studies by dialog.
    ChooseStudies,
    /// Goes to a view.
    Go(View),
    /// Writes the job.
    SaveJob,
    /// Copies the job as a command line.
    CopyCommandLine,
    /// Writes all results of the study.
    Export,
    /// Writes those that the filters let through.
    ExportShown,
    /// Writes those with a star.
    ExportMarked,
    /// Writes the largest plot or drawing that is shown.
    SavePicture,
    /// Writes those that are selected.
    ExportSelected,
    /// Closes the window.
    Quit,
    /// Takes back the last filter, order or selection.
    Undo,
    /// Copies the chosen architecture.
    CopyArchitecture,
    /// Light or dark.
    SwitchTheme,
    /// Everything larger.
    ZoomIn,
    /// Everything smaller.
    ZoomOut,
    /// The size it had.
    ZoomReset,
    /// Shows or hides the inspector.
    ToggleInspector,
    /// Opens the palette.
    Palette,
    /// Starts the search.
    Start,
    /// Stops it; it can be resumed.
    Stop,
    /// Has it wait, or go on.
    Pause,
    /// Puts the job behind the search that runs.
    Enqueue,
    /// Goes on with the study.
    Resume,
    /// Goes on with more architectures.
    Extend,
    /// Draws another architecture of the space.
    Another,
    /// Adds to the comparison.
    Compare,
    /// Compares the best with the worst.
    CompareExtremes,
    /// Computes the kernel matrices of all that are compared.
    ComputeKernels,
    /// Shows the chosen architecture in a window of its own.
    Detail,
    /// Shows all results again.
    ClearFilter,
    /// About the program.
    About,
}

/// A command as people see it.
pub struct CommandInfo {
    /// The command.
    pub command: Command,
    /// The menu it is in.
    pub menu: &'static str,
    /// Its name.
    pub text: &'static str,
    /// What it does, in a sentence.
    pub about: &'static str,
    /// Its keys.
    pub keys: Option<KeyboardShortcut>,
}

/// The menus, in order.
pub const MENUS: [&str; 5] = ["File", "Edit", "View", "Study", "Help"];

const fn ctrl(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::COMMAND, key))
}

const fn entry(
    menu: &'static str,
    command: Command,
    text: &'static str,
    about: &'static str,
    keys: Option<KeyboardShortcut>,
) -> CommandInfo {
    CommandInfo { command, menu, text, about, keys }
}

/// Ctrl+Shift+C.
const COPY: Option<KeyboardShortcut> =
    Some(KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::C));

/// Every command.
#[rustfmt::skip]
pub static COMMANDS: &[CommandInfo] = &[
    entry("File", Command::Open, "Open…", "Open a space file, a job file or a file of studies", ctrl(Key::O)),
    entry("File", Command::ChooseStudies, "Choose file of studies…", "Keep results in another file, an existing or a new one", None),
    entry("File", Command::SaveJob, "Save as job file…", "Write the job as a file that `untrained --batch FILE` runs", ctrl(Key::S)),
    entry("File", Command::Export, "Export results…", "Write the study's results as CSV, JSON Lines or Parquet", ctrl(Key::E)),
    entry("File", Command::ExportShown, "Export what is shown…", "Write the results that the filters let through", None),
    entry("File", Command::ExportSelected, "Export selection…", "Write the results that are selected", None),
    entry("File", Command::ExportMarked, "Export marked…", "Write the results with a star", None),
    entry("File", Command::SavePicture, "Save picture…", "Write the largest plot or drawing that is shown as PNG or SVG", None),
    entry("File", Command::Quit, "Quit", "Close the window", ctrl(Key::Q)),
    entry("Edit", Command::Undo, "Undo", "Take back the last change of filter, order or selection", ctrl(Key::Z)),
    entry("Edit", Command::CopyArchitecture, "Copy architecture", "Copy the text of the chosen architecture", COPY),
    entry("Edit", Command::CopyCommandLine, "Copy as command line", "Copy the command that runs the same job without a window", None),
    entry("Edit", Command::ClearFilter, "Clear filter", "Show all results again", None),
    entry("View", Command::Go(View::Home), "Home", "Spaces and files", ctrl(Key::Num1)),
    entry("View", Command::Go(View::Space), "Space", "The search space", ctrl(Key::Num2)),
    entry("View", Command::Go(View::Setup), "Set up", "Options of the search", ctrl(Key::Num3)),
    entry("View", Command::Go(View::Run), "Run", "The search as it goes", ctrl(Key::Num4)),
    entry("View", Command::Go(View::Results), "Results", "Table and scatter", ctrl(Key::Num5)),
    entry("View", Command::Go(View::Compare), "Compare", "Two to four networks", ctrl(Key::Num6)),
    entry("View", Command::Go(View::Benchmark), "Benchmark", "Scores against the trained accuracies of a table", ctrl(Key::Num7)),
    entry("View", Command::Go(View::Studies), "Studies", "Stored searches", ctrl(Key::Num8)),
    entry("View", Command::ToggleInspector, "Show or hide inspector", "What is known of the chosen architecture", ctrl(Key::I)),
    entry("View", Command::SwitchTheme, "Light or dark", "Switch the theme", None),
    entry("View", Command::ZoomIn, "Larger", "Make everything larger", ctrl(Key::Plus)),
    entry("View", Command::ZoomOut, "Smaller", "Make everything smaller", ctrl(Key::Minus)),
    entry("View", Command::ZoomReset, "Normal size", "Undo larger and smaller", ctrl(Key::Num0)),
    entry("View", Command::Palette, "Command palette", "Find any command", ctrl(Key::P)),
    entry("Study", Command::Start, "Start search", "Run the job as set up", ctrl(Key::Enter)),
    entry("Study", Command::Enqueue, "Add to queue", "Run the job as set up when the search before it is over", None),
    entry("Study", Command::Pause, "Pause or go on", "Have the search wait, or go on where it waits", Some(KeyboardShortcut::new(Modifiers::NONE, Key::F9))),
    entry("Study", Command::Stop, "Stop search", "Stop; what is scored is kept and the study can be resumed", ctrl(Key::Period)),
    entry("Study", Command::Resume, "Resume search", "Go on with the study that is shown", None),
    entry("Study", Command::Extend, "Extend search", "Go on with the study, with more architectures", None),
    entry("Study", Command::Compare, "Add to comparison", "Compare the chosen architecture with others, four at most", ctrl(Key::D)),
    entry("Study", Command::CompareExtremes, "Compare extremes", "Compare the architectures of the highest and the lowest score of the rows that are shown, as figure 1 of the paper does", None),
    entry("Study", Command::ComputeKernels, "Compute all kernel matrices", "Score all compared architectures again and show their kernel matrices on one scale", None),
    entry("View", Command::Detail, "Details in a window", "Show or hide the chosen architecture in a large window of its own", None),
    entry("Study", Command::Another, "Another one", "Draw another random architecture of the space", ctrl(Key::R)),
    entry("Help", Command::About, "About Untrained", "Version and reference", None),
];

/// The commands whose keys were pressed. Combinations with Shift come first: they contain others.
pub fn pressed(window: &egui::Context) -> Vec<Command> {
    let mut keyed: Vec<_> =
        COMMANDS.iter().filter_map(|entry| Some((entry.command, entry.keys?))).collect();
    keyed.sort_by_key(|(_, keys)| !keys.modifiers.shift);
    window.input_mut(|input| {
        keyed.retain(|(_, keys)| input.consume_shortcut(keys));
    });
    keyed.into_iter().map(|(command, _)| command).collect()
}

/// Whether a command has something to work on.
pub fn is_possible(command: Command, state: &AppState) -> bool {
    let running = state.live.as_ref().is_some_and(|live| live.is_running());
    match command {
        Command::Start => !running,
        Command::Stop | Command::Pause => running,
        Command::Resume | Command::Extend => !running && state.resumable().is_some(),
        Command::ExportMarked if state.sheet().is_some_and(|sheet| sheet.stars.is_empty()) => false,
        Command::ExportSelected
            if state.sheet().is_some_and(|sheet| sheet.now.selected.is_empty()) =>
        {
            false
        }
        Command::SavePicture => state.pictures.has_any(),
        Command::Export
        | Command::ExportShown
        | Command::ExportMarked
        | Command::ExportSelected => state.sheet().is_some_and(|sheet| sheet.study.is_some()),
        Command::Undo => state.sheet().is_some_and(|sheet| !sheet.past.is_empty()),
        Command::CopyCommandLine => state.command_line.is_some(),
        Command::CopyArchitecture => state.chosen().is_some(),
        Command::Compare => state.chosen().is_some() && state.comparison.has_room(),
        Command::CompareExtremes => state.sheet().is_some_and(|sheet| sheet.rows.len() > 1),
        Command::ComputeKernels => !state.comparison.entries.is_empty(),
        Command::Detail => state.chosen().is_some(),
        Command::Another => state.space.is_some(),
        _ => true,
    }
}

/// Entries whose name or explanation holds all words of a text; first those whose name begins with it,
/// then those with the words in the name.
pub fn matching(text: &str) -> Vec<&'static CommandInfo> {
    let words: Vec<String> = text.to_lowercase().split_whitespace().map(str::to_owned).collect();
    let holds = |text: &str| {
        let text = text.to_lowercase();
        words.iter().all(|word| text.contains(word.as_str()))
    };
    let (mut named, others): (Vec<&CommandInfo>, Vec<&CommandInfo>) =
        COMMANDS.iter().partition(|entry| holds(entry.text));
    let rest =
        |entry: &&CommandInfo| holds(&format!("{} {} {}", entry.menu, entry.text, entry.about));
    let start = text.trim().to_lowercase();
    named.sort_by_key(|entry| !entry.text.to_lowercase().starts_with(&start));
    named.extend(others.into_iter().filter(rest));
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortcuts_and_names_are_used_once_and_menus_are_known() {
        for (at, entry) in COMMANDS.iter().enumerate() {
            assert!(MENUS.contains(&entry.menu), "{}", entry.text);
            for other in &COMMANDS[at + 1..] {
                assert_ne!(entry.text, other.text);
                assert!(entry.keys.is_none() || entry.keys != other.keys, "{}", entry.text);
            }
        }
    }

    #[test]
    fn the_palette_finds_by_words() {
        assert_eq!(matching("export")[0].command, Command::Export);
        assert_eq!(matching("command line")[0].command, Command::CopyCommandLine);
        assert_eq!(matching("").len(), COMMANDS.len());
        assert!(matching("no such thing").is_empty());
    }
}
