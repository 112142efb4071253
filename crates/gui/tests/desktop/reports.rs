//! Reports of studies from the window.

use untrained::store::Status;

use crate::stored::{by_naswot, quick, record, study};
use crate::support::Window;

/// Two cells of NAS-Bench-201.
const CELLS: [&str; 2] = [
    "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|",
    "|nor_conv_1x1~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|",
];

/// The same page from Studies and from Results, without a script.
#[test]
fn studies_and_results_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let records = CELLS.iter().zip([2.0, 1.0]).map(|(cell, score)| record(cell, score, Status::Ok));
    let id = study(&folder.path().join("studies.db"), quick(), by_naswot(), records.collect());
    let mut window = Window::in_folder(folder, None, [1280.0, 900.0]);
    let pages = ["from-studies.html", "from-results.html"].map(|name| window.path(name));
    window.press("Studies");
    window.see(&id);
    window.dialogs.answer(&pages[0]);
    window.press("Report");
    window.see("wrote the report");
    window.press("Show");
    window.see("2 of 2 rows");
    window.dialogs.answer(&pages[1]);
    window.press("Report");
    let second = pages[1].clone();
    window.until("the second report", move |_| second.exists());
    let [first, second] = pages.map(|page| std::fs::read_to_string(page).unwrap());
    assert_eq!(first, second);
    for words in [&*id, CELLS[0], "untrained --batch search", "@inproceedings{mellor2021naswot,"] {
        assert!(first.contains(words), "{words}");
    }
    assert!(!first.contains("<script"), "{first}");
}
