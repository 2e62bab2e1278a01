//! Forms that are taken once.

use std::time::Duration;

use postrider_api::router;
use postrider_service::session::{DropForm, FinishForm, TakeForm, TakenForm};
use postrider_world::{ROOT_KEY, World};

use crate::node::Node;

#[tokio::test(start_paused = true)]
async fn a_form_is_taken_once_in_its_session_and_tells_what_became_of_it() {
    let world = World::new(router).await;
    let (engine, node) = (&world.engine, Node::new());
    let token = node.sign_in(engine, ROOT_KEY).await.unwrap();
    let other = node.sign_in(engine, ROOT_KEY).await.unwrap();
    let (visitor, other) =
        (node.visitor(engine, &token).await.unwrap(), node.visitor(engine, &other).await.unwrap());
    let take = |visitor, form| async move { TakeForm { visitor, form }.run(engine).await.unwrap() };
    assert_eq!(take(&visitor, "f1").await, TakenForm::First);
    assert_eq!(take(&visitor, "f1").await, TakenForm::Before { outcome: None });
    let outcome = "/dashboard/projects".to_owned();
    FinishForm { visitor: &visitor, form: "f1", outcome: outcome.clone() }.run(engine).await.unwrap();
    world.pass(Duration::from_secs(60)).await;
    assert_eq!(take(&visitor, "f1").await, TakenForm::Before { outcome: Some(outcome) });
    assert_eq!(take(&other, "f1").await, TakenForm::First);
    DropForm { visitor: &visitor, form: "f1" }.run(engine).await.unwrap();
    assert_eq!(take(&visitor, "f1").await, TakenForm::First);
}
