//! The order of found memories.

use jean_memory::{Filter, Limit, Query};

use crate::user::TestUser;

/// SE-15
#[tokio::test]
async fn limit_does_not_hide_the_newer_memory() {
    let ada = TestUser::new();
    ada.add_new("The user's rent is 800 euros.").await;
    ada.advance(24);
    let newer = ada.add_new("The user's rent is 850 euros in Kiel.").await;
    for limit in [1, 2] {
        let limit = Limit::new(limit).expect("valid");
        let query = Query::new("what is the rent".into(), Filter::default(), limit).expect("valid");
        let found = ada.service.find(&ada.scope, &query).await.expect("searches");
        assert_eq!((found.len(), found[0].memory.id), (limit.get(), newer));
    }
}
