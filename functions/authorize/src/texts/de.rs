//! German.

use super::Texts;

pub(super) static TEXTS: Texts = Texts {
    sign_in: "Anmelden",
    to_connect: ("um", "mit Ihrem Gedächtnis zu verbinden"),
    to_your_account: "um Ihr Gedächtnis zu sehen, und wer es verwenden darf",
    email: "E-Mail",
    password: "Passwort",
    wrong: "E-Mail oder Passwort stimmt nicht.",
    with_passkey: "Mit einem Passkey anmelden",
    no_passkey_used: "Es wurde kein Passkey verwendet. Versuchen Sie es noch einmal, oder melden Sie sich mit Ihrem Passwort an.",
    unknown_passkey: "Dieser Passkey öffnet hier kein Konto, oder die Seite war zu lange offen. Versuchen Sie es noch einmal, oder melden Sie sich mit Ihrem Passwort an.",
    passkeys: "Passkeys",
    passkeys_explained: "Mit einem Passkey melden Sie sich so an, wie Sie Ihr Telefon oder Ihren Computer entsperren, ohne Passwort. Ihr Passwort bleibt.",
    passkey: "Passkey",
    made_at: "erstellt",
    remove: "Entfernen",
    make_passkey: "Passkey erstellen",
    passkey_not_made: "Es wurde kein Passkey erstellt. Versuchen Sie es noch einmal, wenn Sie einen möchten; vielleicht hat dieses Gerät schon einen für Ihr Konto.",
    passkeys_need_script: "Um einen Passkey zu erstellen, ist JavaScript nötig, für alles andere nicht.",
    passkeys_need_name: "Passkeys brauchen einen Server mit einem Namen, und dieser wird über eine Nummer erreicht.",
    back_to_account: "Zurück zu Ihrem Konto",
    connect_an_app: "Eine App verbinden",
    made_by: "von",
    wants_to_use: "möchte Ihr Gedächtnis verwenden",
    will_be_able: "Die App kann dann:",
    reads: "alle Ihre Erinnerungen durchsuchen und lesen",
    reads_and_writes: "alle Ihre Erinnerungen durchsuchen und lesen, und Erinnerungen hinzufügen, ändern und löschen",
    only_reads: "alle Ihre Erinnerungen nur durchsuchen und lesen",
    only_own: "Erinnerungen hinzufügen und die durchsuchen, lesen, ändern und löschen, die sie selbst hinzugefügt hat, keine anderen",
    and_stays: "Sie bleibt verbunden, bis Sie sie in Ihrem Konto trennen.",
    stays: "verbunden bleiben, bis Sie sie trennen",
    on_this_computer: (
        "Diese App läuft auf Ihrem Computer",
        " und nennt sich",
        ". Erlauben Sie es nur, wenn Sie gerade selbst begonnen haben, sie zu verbinden.",
    ),
    sent_to: (
        "Sie werden weitergeleitet zu",
        ". Erlauben Sie es nur, wenn Sie diese Adresse kennen und gerade selbst begonnen haben, die App zu \
         verbinden.",
    ),
    described_at: ("Beschrieben ist sie unter", "."),
    allow: "Erlauben",
    deny: "Nicht erlauben",
    signed_in_as: ("Angemeldet als", "."),
    another_account: "Anderes Konto verwenden",
    choose_password: "Passwort wählen",
    no_account_yet: "Noch kein Konto? Legen Sie eines an",
    make_account: "Konto anlegen",
    password_rule: "Mindestens 10 Zeichen. Einige Wörter sind leicht zu merken und schwer zu erraten.",
    password_refused: "Bitte wählen Sie ein Passwort mit mindestens 10 Zeichen und höchstens 1024 Bytes.",
    save_password: "Passwort speichern",
    enter_email: "Bitte geben Sie Ihre E-Mail-Adresse ein.",
    email_taken: "Zu dieser Adresse gibt es schon ein Konto.",
    all_set: "Alles bereit",
    password_saved: (
        "Ihr Passwort ist gespeichert. Fügen Sie",
        "Ihrem Assistenten hinzu, und melden Sie sich dort an.",
    ),
    broken_link: "Dieser Link funktioniert nicht",
    no_client: "Er sagt nicht, welche App sich verbinden möchte. Gehen Sie zurück zu Ihrer App, und verbinden Sie \
                sie erneut.",
    unknown_client: "Die App, die Sie hierher geschickt hat, kennt dieser Server nicht oder nicht mehr. Entfernen \
                     Sie die Verbindung in Ihrer App, und fügen Sie sie neu hinzu.",
    unusable_client_url: "Die App, die Sie hierher geschickt hat, nennt als ihren Namen eine Adresse, die keine \
                          App haben kann. Gehen Sie zurück zu Ihrer App, und verbinden Sie sie erneut; hilft das \
                          nicht, hat die App einen Fehler.",
    no_redirect_uri: "Er sagt nicht, wohin es zurückgehen soll. Gehen Sie zurück zu Ihrer App, und verbinden Sie \
                      sie erneut; hilft das nicht, hat die App einen Fehler.",
    unregistered_redirect_uri: "Er würde Sie zu einer Adresse schicken, die die App nie angemeldet hat. Das kann \
                                ein Angriff sein, darum endet es hier. Wenn Sie von Ihrer App kommen, entfernen \
                                Sie die Verbindung dort, und fügen Sie sie neu hinzu.",
    unidentified: "Die App war nicht zu erkennen",
    no_description: (
        "Dieser Server konnte die Beschreibung der App nicht lesen, bei",
        ". Versuchen Sie es gleich noch einmal. Hilft das nicht, hat die App einen Fehler, oder dieser Server hat \
         keinen Weg ins Web.",
    ),
    no_cookie: (
        "Ihr Browser hat kein Cookie gesendet",
        "Die Anmeldung braucht Cookies. Erlauben Sie sie für diese Website, gehen Sie dann dahin zurück, woher Sie kamen, \
         und beginnen Sie dort von vorn.",
    ),
    dead_link: (
        "Dieser Link wurde benutzt oder ist abgelaufen",
        "Jeder Link setzt ein Passwort, einmal. Bitten Sie die Person, die diesen Server betreibt, um einen neuen.",
    ),
    throttled: (
        "Zu viele Versuche",
        "Das wurde zu oft versucht. Warten Sie eine Viertelstunde, und versuchen Sie es dann erneut.",
    ),
};
