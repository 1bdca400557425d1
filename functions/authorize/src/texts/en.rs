//! English.

use super::Texts;

pub(super) static TEXTS: Texts = Texts {
    sign_in: "Sign in",
    to_connect: ("to connect", "to your memory"),
    to_your_account: "to see your memory, and who may use it",
    email: "Email",
    password: "Password",
    wrong: "The email or the password is not right.",
    with_passkey: "Sign in with a passkey",
    no_passkey_used: "No passkey was used. Try again, or sign in with your password.",
    unknown_passkey: "That passkey does not open an account here, or the page was open too long. Try again, or sign in with your password.",
    passkeys: "Passkeys",
    passkeys_explained: "With a passkey you sign in as you unlock your phone or computer, without a password. Your password stays.",
    passkey: "Passkey",
    made_at: "made",
    remove: "Remove",
    make_passkey: "Make a passkey",
    passkey_not_made: "No passkey was made. Try again, if you want one; perhaps this device has one for your account already.",
    passkeys_need_script: "Making a passkey needs JavaScript; all the rest does not.",
    passkeys_need_name: "Passkeys need a server with a host name, and this one is reached by a number.",
    back_to_account: "Back to your account",
    connect_an_app: "Connect an app",
    made_by: "by",
    wants_to_use: "wants to use your memory",
    will_be_able: "It will be able to:",
    reads: "search and read all your memories",
    reads_and_writes: "search and read all your memories, and add, change and delete memories",
    only_reads: "only search and read all your memories",
    only_own: "add memories, and search, read, change and delete those it added itself, and no others",
    and_stays: "It stays connected until you disconnect it in your account.",
    stays: "stay connected until you disconnect it",
    on_this_computer: (
        "This app runs on your computer",
        ", and calls itself",
        ". Allow it only if you have just started connecting it yourself.",
    ),
    sent_to: (
        "You will be sent to",
        ". Allow this only if you know it, and if you have just started connecting it yourself.",
    ),
    described_at: ("It is described at", "."),
    allow: "Allow",
    deny: "Don't allow",
    signed_in_as: ("Signed in as", "."),
    another_account: "Use another account",
    choose_password: "Choose your password",
    no_account_yet: "No account yet? Make one",
    make_account: "Make your account",
    password_rule: "At least 10 characters. A few words are easy to remember and hard to guess.",
    password_refused: "Please choose a password of at least 10 characters and at most 1024 bytes.",
    save_password: "Save password",
    enter_email: "Please enter your email address.",
    email_taken: "This address has an account already.",
    all_set: "You are all set",
    password_saved: ("Your password is saved. Add", "to your assistant, and sign in there."),
    broken_link: "This link does not work",
    no_client: "It does not say which app wants to connect. Go back to your app and connect again.",
    unknown_client: "The app that sent you here is not known to this server, or not any more. Remove the \
                     connection in your app and add it again.",
    unusable_client_url: "The app that sent you here goes by an address that no app can have. Go back to your app \
                          and connect again; if that does not help, the app has a fault.",
    no_redirect_uri: "It does not say where to return to. Go back to your app and connect again; if that does not \
                      help, the app has a fault.",
    unregistered_redirect_uri: "It would send you to an address that the app never registered. That can be an \
                                attack, so it stops here. If you came from your app, remove the connection there \
                                and add it again.",
    unidentified: "The app could not be identified",
    no_description: (
        "This server could not read the app's description at",
        ". Try again in a moment. If that does not help, the app has a fault, or this server has no way to the web.",
    ),
    no_cookie: (
        "Your browser sent no cookie",
        "Signing in needs cookies. Allow them for this site, then go back to where you came from, and begin again there.",
    ),
    dead_link: (
        "This link was used or is over",
        "Each link sets a password once. Ask whoever runs this server for a new one.",
    ),
    throttled: ("Too many tries", "This was tried too often. Wait a quarter of an hour, then try again."),
};
