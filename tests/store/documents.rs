//! What documents and the file itself say of the columns of results.

use std::path::Path;

use untrained::store::{
    ColumnType, ResultColumn, Store, columns_markdown, run_table_columns, view_columns,
};

use super::support::Folder;

fn document(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// To change a table, change the list and put what this prints into the document.
#[test]
fn the_tables_of_documents_are_the_list() {
    let readme = columns_markdown(run_table_columns());
    assert!(
        document("docs/results.md").contains(&readme),
        "docs/results.md lacks this table:\n{readme}"
    );
    let view = columns_markdown(view_columns());
    assert!(document("docs/store.md").contains(&view), "docs/store.md lacks this table:\n{view}");
}

#[test]
fn the_view_and_the_table_of_results_have_the_columns_of_the_list() {
    let folder = Folder::new();
    Store::open(&folder.db()).unwrap();
    let connection = rusqlite::Connection::open(folder.db()).unwrap();
    let columns = |table: &str| -> Vec<(String, String)> {
        let sql = format!("SELECT name, type FROM pragma_table_info('{table}')");
        let mut statement = connection.prepare(&sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let view: Vec<String> = columns("v_result").into_iter().map(|column| column.0).collect();
    let names: Vec<&str> = view_columns().map(|column| column.name).collect();
    assert_eq!(view, names);
    let result = columns("result");
    let stored = |column: &&ResultColumn| column.sql.starts_with("result.");
    let mut checked = 0;
    for column in view_columns().filter(stored) {
        let found = result.iter().find(|(name, _)| name == column.name);
        let (_, sql) = found.unwrap_or_else(|| panic!("{} is not in `result`", column.name));
        assert_eq!(sql, column.column_type.sql(), "{}", column.name);
        assert_ne!(column.column_type, ColumnType::Unsigned);
        checked += 1;
    }
    assert!(checked > 15, "only {checked} columns found");
}
