//! The newest memories, for a profile.

use crate::user::TestUser;

/// TO-26
#[tokio::test]
async fn long_documents_leave_room_for_other_recent_memories() {
    let ada = TestUser::new();
    ada.add_new("Ada drinks tea.").await;
    for number in 0..3 {
        ada.store_document("Log", &format!("Line {number} of the log.\n").repeat(15_000)).await;
    }
    ada.add_new("Ada plays chess.").await;
    let recent = ada.service.recent(&ada.scope).await.expect("reads");
    let texts: Vec<_> = recent.memories.iter().map(|memory| &memory.text[..4]).collect();
    assert_eq!(texts, ["Ada ", "Line", "Line", "Line", "Ada "]);
    assert_eq!(recent.next, None);
}
