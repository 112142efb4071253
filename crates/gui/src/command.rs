//! The list of all commands: name, explanation, shortcut and place in the menu. Menu, shortcuts and
//! palette all use this list.

use egui::{Key, KeyboardShortcut, Modifiers};

use crate::view::View;

/// A command as shown to the user.
pub struct CommandInfo {
    /// The command.
    pub command: Command,
    /// The menu it is in.
    pub menu: &'static str,
    /// Its name.
    pub text: &'static str,
    /// What it does, in one sentence.
    pub about: &'static str,
    /// Its keys.
    pub keys: Option<KeyboardShortcut>,
}

/// The menus, in order.
pub const MENUS: [&str; 5] = ["File", "Edit", "View", "Study", "Help"];

const fn ctrl(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::COMMAND, key))
}

/// Ctrl+Shift+Z.
const REDO: Option<KeyboardShortcut> =
    Some(KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::Z));

/// Ctrl+Shift+C.
const COPY: Option<KeyboardShortcut> =
    Some(KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::C));

/// Ctrl+Shift+S.
const SAVE_SPACE: Option<KeyboardShortcut> =
    Some(KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::S));

/// Ctrl+Shift+E.
const EXPORT: Option<KeyboardShortcut> =
    Some(KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::E));

const fn view(view: View, about: &'static str, key: Key) -> CommandInfo {
    let command = Command::Go(view);
    CommandInfo { command, menu: "View", text: view.name(), about, keys: ctrl(key) }
}

/// Declares the commands, so that none can lack an entry: those before the views, then the others.
macro_rules! commands {
    (
        { $($first:ident: $first_menu:literal, $first_text:literal, $first_about:literal, $first_keys:expr;)* }
        { $($view:expr;)* }
        { $($other:ident: $menu:literal, $text:literal, $about:literal, $keys:expr;)* }
    ) => {
        /// A user command.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Command {
            $(#[doc = $first_about] $first,)*
            /// Shows a view.
            Go(View),
            $(#[doc = $about] $other,)*
        }

        /// Every command.
        pub static COMMANDS: &[CommandInfo] = &[
            $(CommandInfo {
                command: Command::$first,
                menu: $first_menu,
                text: $first_text,
                about: $first_about,
                keys: $first_keys,
            },)*
            $($view,)*
            $(CommandInfo {
                command: Command::$other,
                menu: $menu,
                text: $text,
                about: $about,
                keys: $keys,
            },)*
        ];
    };
}

#[rustfmt::skip]
commands! {
    {
        Open: "File", "Open…", "Open a space file, a job file, a model or a study database", ctrl(Key::O);
        NewSpace: "File", "New space…", "Make a search space of your own, from a built-in one or from nothing", ctrl(Key::N);
        EditSpace: "File", "Edit space…", "Change the open space, or a copy of it if it is built in", None;
        SaveSpace: "File", "Save space", "Save the space that is edited, and open it", SAVE_SPACE;
        SaveSpaceAs: "File", "Save space as…", "Save the space that is edited in another file, and open that", None;
        ChooseStudies: "File", "Open study database…", "Store results in another file, existing or new", None;
        SaveJob: "File", "Save as job file…", "Save the job as a file that also runs without a window", ctrl(Key::S);
        Export: "File", "Export results…", "Save the study's results as CSV, JSON Lines or Parquet", ctrl(Key::E);
        ExportShown: "File", "Export filtered results…", "Save the results that pass the filters", None;
        ExportSelected: "File", "Export selected results…", "Save the selected results", None;
        ExportMarked: "File", "Export marked results…", "Save the results marked with a star", None;
        ExportNetworks: "File", "Export networks…", "Write the selected networks, or the chosen one, as ONNX, PyTorch, DOT, SVG or JSON", EXPORT;
        SavePicture: "File", "Save picture…", "Save the largest plot or drawing of this view as PNG or SVG", None;
        Quit: "File", "Quit", "Close the window", ctrl(Key::Q);
        Undo: "Edit", "Undo", "Undo the last change of filter, order or selection, of the comparison, or of the edited space", ctrl(Key::Z);
        Redo: "Edit", "Redo", "Do again what was undone last", REDO;
        CopyArchitecture: "Edit", "Copy architecture", "Copy the text of the chosen architecture", COPY;
        CopyCommandLine: "Edit", "Copy as command line", "Copy the command that runs the same job without a window", None;
        ClearFilter: "Edit", "Clear filter", "Show all results again", None;
    }
    {
        view(View::Home, "Spaces and files", Key::Num1);
        view(View::Space, "The search space", Key::Num2);
        CommandInfo {
            command: Command::Go(View::Editor),
            menu: "View",
            text: View::Editor.name(),
            about: "The editor of search spaces",
            keys: None,
        };
        view(View::Setup, "Options of the search", Key::Num3);
        view(View::Run, "Progress of the search", Key::Num4);
        view(View::Results, "Table and plots of the results", Key::Num5);
        view(View::Network, "The whole network of the chosen architecture or the model, with costs and time", Key::Num9);
        view(View::Compare, "Two to four networks side by side", Key::Num6);
        view(View::Benchmark, "Scores compared with the trained accuracies of a benchmark table", Key::Num7);
        view(View::Studies, "Stored searches", Key::Num8);
    }
    {
        ToggleInspector: "View", "Show or hide inspector", "Details of the chosen architecture next to the results", ctrl(Key::I);
        SwitchTheme: "View", "Toggle dark mode", "Switch between the light and the dark theme", None;
        ZoomIn: "View", "Zoom in", "Make everything larger", ctrl(Key::Plus);
        ZoomOut: "View", "Zoom out", "Make everything smaller", ctrl(Key::Minus);
        ZoomReset: "View", "Reset zoom", "Show everything at its normal size", ctrl(Key::Num0);
        Palette: "View", "Command palette", "Find any command", ctrl(Key::P);
        Start: "Study", "Start search", "Run the job as set up", ctrl(Key::Enter);
        Enqueue: "Study", "Add to queue", "Run the job as set up after the current search", None;
        Pause: "Study", "Pause / Resume", "Pause the search, or let a paused one continue", Some(KeyboardShortcut::new(Modifiers::NONE, Key::F9));
        Stop: "Study", "Stop search", "Stop the search; its results are kept and the study can be resumed", ctrl(Key::Period);
        Resume: "Study", "Resume search", "Continue the study that is shown", None;
        Extend: "Study", "Extend search", "Continue the study with more architectures", None;
        Measure: "Study", "Measure latency and memory", "Time the selected architectures, or the chosen one, on the device of the search; the columns can be axes", None;
        SelectFront: "Study", "Select Pareto front", "Select the filtered rows that no other one dominates in the axes and objectives of the scatter", None;
        Compare: "Study", "Add to comparison", "Compare the chosen architecture with others, four at most", ctrl(Key::D);
        CompareExtremes: "Study", "Compare extremes", "Compare the architectures with the highest and the lowest score of the filtered rows, as in figure 1 of the paper", None;
        ComputeKernels: "Study", "Compute all kernel matrices", "Score all compared architectures again and show their kernel matrices on one scale", None;
        Detail: "View", "Details in a window", "Show or hide the chosen architecture in a separate large window", None;
        RandomArchitecture: "Study", "Random architecture", "Draw another random architecture of the space", ctrl(Key::R);
        Shortcuts: "Help", "Keyboard shortcuts", "All keys, of commands, table and plots", Some(KeyboardShortcut::new(Modifiers::NONE, Key::F1));
        Glossary: "Help", "Glossary", "The words that the window uses", None;
        Scores: "Help", "What the scores mean", "Every score with what it measures and its source", None;
        About: "Help", "About Untrained", "Version, reference, and where studies and settings are", None;
        Licences: "Help", "Licences", "Licences of Untrained and of the libraries it is built from", None;
    }
}

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

/// Entries whose name or explanation contains all words of a text: first those whose name begins with
/// it, then those with the words in the name.
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
    fn every_view_has_a_command() {
        for view in View::ALL {
            let commands = COMMANDS.iter().filter(|entry| entry.command == Command::Go(view));
            assert_eq!(commands.count(), 1, "{}", view.name());
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
