//! The document against the routes.

use std::collections::BTreeSet;

use super::*;

#[test]
fn every_route_is_documented_and_nothing_else() {
    let document = serde_json::to_value(document()).unwrap();
    let documented: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().keys();
            methods.map(move |method| (path.clone(), method.to_uppercase()))
        })
        .collect();
    let served = routes()
        .into_iter()
        .map(|(path, allowed, _)| (path.to_owned(), allowed.to_owned()));
    assert_eq!(documented, served.collect());
}
