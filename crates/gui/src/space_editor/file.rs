//! A space file while it is edited: its values by place, its text with all comments.

use toml_edit::{Array, DocumentMut, InlineTable, Item, Key, Table, Value};

use super::entries;
use super::path::{KeyPath, PathStep};

/// Tables of named entries, which have headers of their own.
const NAMED: [&str; 3] = ["choices", "blocks", "parameters"];

/// A space file.
#[derive(Clone)]
pub struct EditedFile {
    document: DocumentMut,
}

impl EditedFile {
    /// Reads a text in TOML.
    ///
    /// # Errors
    ///
    /// Why it is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let document = text.parse::<DocumentMut>().map_err(|error| error.to_string())?;
        Ok(Self { document })
    }

    /// The text as it would be saved.
    pub fn text(&self) -> String {
        self.document.to_string()
    }

    /// What is at a place.
    pub fn item(&self, path: &KeyPath) -> Option<&Item> {
        let mut item = self.document.as_item();
        for step in path.steps() {
            item = match step {
                PathStep::Key(key) => item.as_table_like()?.get(key)?,
                PathStep::At(at) => item.get(*at)?,
            };
        }
        Some(item)
    }

    fn item_mut(&mut self, path: &KeyPath) -> Option<&mut Item> {
        let mut item = self.document.as_item_mut();
        for step in path.steps() {
            item = match step {
                PathStep::Key(key) => item.as_table_like_mut()?.get_mut(key)?,
                PathStep::At(at) => item.get_mut(*at)?,
            };
        }
        Some(item)
    }

    /// The number of entries of the list at a place.
    pub fn count(&self, path: &KeyPath) -> usize {
        match self.item(path) {
            Some(Item::ArrayOfTables(tables)) => tables.len(),
            Some(Item::Value(Value::Array(array))) => array.len(),
            _ => 0,
        }
    }

    /// The keys of the table at a place.
    pub fn keys(&self, path: &KeyPath) -> Vec<String> {
        let table = self.item(path).and_then(Item::as_table_like);
        let keys = table.into_iter().flat_map(|table| table.iter());
        keys.map(|(key, _)| key.to_owned()).collect()
    }

    /// The text at a place.
    pub fn str(&self, path: &KeyPath) -> Option<&str> {
        self.item(path)?.as_str()
    }

    /// The texts in the list at a place.
    pub fn names(&self, path: &KeyPath) -> Vec<String> {
        let array = self.item(path).and_then(Item::as_array);
        let values = array.into_iter().flat_map(Array::iter);
        values
            .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            .collect()
    }

    /// Puts a value at a place; the comments around it stay. Tables on the way are made.
    pub fn set(&mut self, path: &KeyPath, value: Value) {
        let Some((parent, last)) = path.split() else { return };
        self.make_tables(&parent);
        let Some(item) = self.item_mut(&parent) else { return };
        match last {
            PathStep::At(at) => {
                if let Some(old) = item.get_mut(*at) {
                    replace(old, value);
                }
            }
            PathStep::Key(key) => match item {
                Item::Value(Value::InlineTable(table)) => {
                    if let Some(old) = table.get_mut(key) {
                        replace_value(old, value);
                    } else {
                        table.insert(key, value);
                        tidy(table);
                    }
                }
                Item::Table(table) => match table.get_mut(key) {
                    Some(old) => replace(old, value),
                    None => drop(table.insert(key, Item::Value(value))),
                },
                _ => {}
            },
        }
        if let Some(Item::Value(Value::Array(array))) = self.item_mut(path) {
            entries::break_long(array);
        }
    }

    /// Moves a key of a table before those that come after it in an order.
    pub fn put_in_order(&mut self, path: &KeyPath, order: &[&str]) {
        let Some((parent, PathStep::Key(key))) = path.split() else { return };
        let place = |key: &str| order.iter().position(|known| *known == key);
        let Some(own) = place(key) else { return };
        let keys = self.keys(&parent);
        let is_later = |other: &&String| place(other).is_some_and(|place| place > own);
        let Some(first) = keys.iter().find(is_later) else { return };
        let after = keys.iter().skip_while(|key| *key != first).filter(|other| *other != key);
        match self.item_mut(&parent) {
            Some(Item::Table(table)) => {
                let all: Vec<_> = after.filter_map(|key| table.remove_entry(key)).collect();
                for (key, item) in all {
                    table.insert_formatted(&key, item);
                }
            }
            Some(Item::Value(Value::InlineTable(table))) => {
                let all: Vec<_> = after.filter_map(|key| table.remove_entry(key)).collect();
                for (key, value) in all {
                    table.insert_formatted(&key, value);
                }
                tidy(table);
            }
            _ => {}
        }
    }

    /// Makes the tables of a place that are not there yet.
    fn make_tables(&mut self, path: &KeyPath) {
        let mut place = KeyPath::default();
        for step in path.steps() {
            let parent = place.clone();
            place = match step {
                PathStep::Key(key) => parent.key(key),
                PathStep::At(at) => parent.at(*at),
            };
            if self.item(&place).is_some() {
                continue;
            }
            let (PathStep::Key(key), Some(item)) = (step, self.item_mut(&parent)) else { return };
            match item {
                Item::Table(table) => drop(table.insert(key, new_table(&place))),
                Item::Value(Value::InlineTable(table)) => {
                    table.insert(key, InlineTable::new().into());
                    tidy(table);
                }
                _ => return,
            }
        }
    }

    /// Takes away what is at a place, with its comments.
    pub fn remove(&mut self, path: &KeyPath) {
        let Some((parent, last)) = path.split() else { return };
        let Some(item) = self.item_mut(&parent) else { return };
        match (item, last) {
            (Item::Table(table), PathStep::Key(key)) => drop(table.remove(key)),
            (Item::Value(Value::InlineTable(table)), PathStep::Key(key)) => {
                table.remove(key);
                tidy(table);
            }
            (Item::Value(Value::Array(array)), PathStep::At(at)) => entries::remove(array, *at),
            (Item::ArrayOfTables(tables), PathStep::At(at)) if *at < tables.len() => {
                tables.remove(*at);
            }
            _ => {}
        }
    }

    /// Puts a value into the list at a place, which is made if it is not there.
    pub fn insert(&mut self, list: &KeyPath, at: usize, value: Value) {
        if self.item(list).is_none() {
            self.set(list, Array::new().into());
        }
        match self.item_mut(list) {
            Some(Item::Value(Value::Array(array))) => entries::insert(array, at, value),
            Some(Item::ArrayOfTables(tables)) => {
                let table = match value {
                    Value::InlineTable(table) => table.into_table(),
                    _ => Table::new(),
                };
                tables.insert(at.min(tables.len()), table);
            }
            _ => {}
        }
    }

    /// Moves an entry of the list at a place.
    pub fn shift(&mut self, list: &KeyPath, from: usize, to: usize) {
        match self.item_mut(list) {
            Some(Item::Value(Value::Array(array))) => entries::shift(array, from, to),
            Some(Item::ArrayOfTables(tables)) if from < tables.len() && to < tables.len() => {
                let mut places: Vec<_> = tables.iter().map(Table::position).collect();
                places.sort();
                let table = tables.remove(from);
                tables.insert(to, table);
                for (table, place) in tables.iter_mut().zip(places) {
                    table.set_position(place);
                    keep_together(table);
                }
            }
            _ => {}
        }
    }

    /// Gives another key to an entry of the table at a place, which keeps its place in it.
    pub fn rename(&mut self, table: &KeyPath, from: &str, to: &str) {
        let is_taken = self.item(&table.key(to)).is_some();
        let Some(item) = self.item_mut(table) else { return };
        if is_taken || to.is_empty() {
            return;
        }
        let renamed = |key: Key| match key.get() == from {
            true => Key::new(to).with_leaf_decor(key.leaf_decor().clone()),
            false => key,
        };
        match item {
            Item::Table(table) => {
                let keys: Vec<String> = table.iter().map(|(key, _)| key.to_owned()).collect();
                let all: Vec<_> = keys.iter().filter_map(|key| table.remove_entry(key)).collect();
                for (key, item) in all {
                    table.insert_formatted(&renamed(key), item);
                }
            }
            Item::Value(Value::InlineTable(table)) => {
                let keys: Vec<String> = table.iter().map(|(key, _)| key.to_owned()).collect();
                let all: Vec<_> = keys.iter().filter_map(|key| table.remove_entry(key)).collect();
                for (key, value) in all {
                    table.insert_formatted(&renamed(key), value);
                }
            }
            _ => {}
        }
    }

    /// Writes another name wherever one stands as the value of one of these keys, alone or in a list.
    pub fn rename_uses(&mut self, keys: &[&str], from: &str, to: &str) {
        for section in ["topology", "skeleton"] {
            if let Some(item) = self.document.get_mut(section) {
                rename_in(item, false, keys, from, to);
            }
        }
    }
}

fn rename_in(item: &mut Item, is_name: bool, keys: &[&str], from: &str, to: &str) {
    match item {
        Item::Value(value) if is_name && value.as_str() == Some(from) => {
            replace_value(value, to.into());
        }
        Item::Value(Value::Array(array)) => {
            for value in array.iter_mut() {
                let mut entry = Item::Value(value.clone());
                rename_in(&mut entry, is_name, keys, from, to);
                if let Item::Value(changed) = entry {
                    *value = changed;
                }
            }
        }
        Item::ArrayOfTables(tables) => {
            for table in tables.iter_mut() {
                for (key, item) in table.iter_mut() {
                    rename_in(item, keys.contains(&key.get()), keys, from, to);
                }
            }
        }
        _ => {
            let Some(table) = item.as_table_like_mut() else { return };
            for (key, item) in table.iter_mut() {
                rename_in(item, keys.contains(&key.get()), keys, from, to);
            }
        }
    }
}

/// A table for a place: one with a header, or one on a line.
fn new_table(path: &KeyPath) -> Item {
    let has_header = match path.keys()[..] {
        ["topology" | "skeleton" | "operations"] | ["operations", _] => true,
        ["topology", name] => NAMED.contains(&name),
        _ => false,
    };
    if !has_header {
        return Item::Value(InlineTable::new().into());
    }
    let mut table = Table::new();
    table.set_implicit(path.keys() == ["operations"]);
    Item::Table(table)
}

/// Tables in a table that is moved stand on its lines: a header of their own would stay behind.
fn keep_together(table: &mut Table) {
    for (_, item) in table.iter_mut() {
        if item.is_table() {
            item.make_value();
        }
    }
}

fn replace(old: &mut Item, value: Value) {
    match (old, value) {
        (Item::Value(old), value) => replace_value(old, value),
        (Item::Table(table), Value::InlineTable(new)) => refill(table, &new),
        (other, value) => *other = Item::Value(value),
    }
}

/// Gives a table with a header other entries; those that stay keep their comments.
fn refill(table: &mut Table, new: &InlineTable) {
    table.retain(|key, _| new.contains_key(key));
    for (key, value) in new.iter() {
        let mut value = value.clone();
        value.decor_mut().clear();
        match table.get_mut(key) {
            Some(old) => replace(old, value),
            None => drop(table.insert(key, Item::Value(value))),
        }
    }
}

fn replace_value(old: &mut Value, value: Value) {
    let decor = old.decor().clone();
    *old = value;
    *old.decor_mut() = decor;
}

/// Spaces between the entries of a table on one line.
fn tidy(table: &mut InlineTable) {
    let mut alone = table.clone();
    alone.decor_mut().clear();
    if !alone.to_string().contains(['\n', '#']) {
        table.fmt();
    }
}

impl EditedFile {
    /// Takes decisions and skeleton from another file, and the operations that are not here.
    pub fn take_kind(&mut self, other: &Self) {
        for section in ["topology", "skeleton"] {
            if let Some(item) = other.document.get(section) {
                let mut item = item.clone();
                forget_places(&mut item);
                if let (Some(Item::Table(old)), Item::Table(new)) =
                    (self.document.get(section), &mut item)
                {
                    new.set_position(old.position());
                }
                self.document.insert(section, item);
            }
        }
        let operations = KeyPath::top("operations");
        for name in other.keys(&operations) {
            let path = operations.key(&name);
            if self.item(&path).is_none()
                && let Some(item) = other.item(&path)
            {
                self.make_tables(&path);
                let mut item = item.clone();
                forget_places(&mut item);
                if let Some(place) = self.item_mut(&path) {
                    *place = item;
                }
            }
        }
    }
}

/// Tables of another file stand where they are put.
fn forget_places(item: &mut Item) {
    match item {
        Item::Table(table) => {
            table.set_position(None);
            table.iter_mut().for_each(|(_, item)| forget_places(item));
        }
        Item::ArrayOfTables(tables) => {
            for table in tables.iter_mut() {
                table.set_position(None);
                table.iter_mut().for_each(|(_, item)| forget_places(item));
            }
        }
        _ => {}
    }
}
