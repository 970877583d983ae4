//! Query parameters with brackets, such as `filter[0][name][eq]=x`, as trees of names.
//!
//! Brackets may be sent encoded or not. Of two parameters with the same name the last one wins, as in Rails; a name that
//! ends with `[]` adds a value to a list.

use std::collections::BTreeMap;

/// A name with the values given for it, and the names in brackets behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// The values of the name itself; more than one only for a list.
    pub values: Vec<String>,
    /// The next names in brackets.
    pub names: BTreeMap<String, Node>,
}

impl Node {
    fn put(&mut self, path: &[&str], value: String) {
        match path {
            [] => self.values = vec![value],
            // `x[]=1` adds to a list; `x[][y]=1` has no meaning here and makes a name that nothing knows.
            [""] => self.values.push(value),
            [name, rest @ ..] => self.names.entry((*name).to_owned()).or_default().put(rest, value),
        }
    }

    /// The last value of the name itself.
    pub fn last(&self) -> Option<&str> {
        self.values.last().map(String::as_str)
    }
}

/// The name before the first bracket, and the names in brackets. `None` if the brackets are not balanced.
fn split(name: &str) -> Option<(&str, Vec<&str>)> {
    let Some((root, rest)) = name.split_once('[') else {
        return (!name.contains(']')).then_some((name, Vec::new()));
    };
    let inner = rest.strip_suffix(']')?;
    let path: Vec<&str> = inner.split("][").collect();
    let is_balanced = !root.contains(']') && path.iter().all(|name| !name.contains(['[', ']']));
    is_balanced.then_some((root, path))
}

/// The parameters of a query by their first names. A name with unbalanced brackets is a first name as a whole.
pub fn trees(pairs: &[(String, String)]) -> BTreeMap<String, Node> {
    let mut trees: BTreeMap<String, Node> = BTreeMap::new();
    for (name, value) in pairs {
        let (root, path) = split(name).unwrap_or((name, Vec::new()));
        trees.entry(root.to_owned()).or_default().put(&path, value.clone());
    }
    trees
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(values: &[&str], names: &[(&str, Node)]) -> Node {
        let values = values.iter().map(|&value| value.to_owned()).collect();
        Node { values, names: names.iter().map(|(name, node)| ((*name).to_owned(), node.clone())).collect() }
    }

    fn read(query: &str) -> BTreeMap<String, Node> {
        trees(&serde_urlencoded::from_str::<Vec<(String, String)>>(query).expect("a query"))
    }

    #[test]
    fn names_in_brackets_make_a_tree_encoded_or_not() {
        let expected = BTreeMap::from([(
            "filter".to_owned(),
            node(&[], &[("0", node(&[], &[("name", node(&[], &[("eq", node(&["a b"], &[]))]))]))]),
        )]);
        assert_eq!(read("filter[0][name][eq]=a+b"), expected);
        assert_eq!(read("filter%5B0%5D%5Bname%5D%5Beq%5D=a%20b"), expected);
    }

    #[test]
    fn the_last_value_wins_and_lists_keep_all() {
        assert_eq!(read("sort=a&sort=b")["sort"], node(&["b"], &[]));
        assert_eq!(read("f[x]=a&f[x]=b")["f"].names["x"], node(&["b"], &[]));
        assert_eq!(read("f[x][]=a&f[x][]=b")["f"].names["x"], node(&["a", "b"], &[]));
        assert_eq!(read("f[x][]=a&f[x]=b")["f"].names["x"], node(&["b"], &[]));
    }

    #[test]
    fn unbalanced_brackets_are_a_name_that_nothing_knows() {
        for name in ["filter[", "filter]", "filter[a", "filter[a]b", "filter[a][b", "filter]a[", "filter[[a]]"] {
            assert_eq!(read(&format!("{name}=1"))[name], node(&["1"], &[]), "{name}");
        }
    }
}
