//! Schemes of redirect URIs. An app may register any private-use scheme
//! ([RFC 8252 §7.1](https://www.rfc-editor.org/rfc/rfc8252#section-7.1)), with or without the dot of a reversed domain name:
//! `warp`, `kiro`, `jetbrains` and many others have none.
//!
//! [`refusal`] lists the schemes that no app owns. The browser that follows the redirect would act on them itself, or hand
//! code, `state` and `iss` to a program or website that the client does not control (T-07).

/// Schemes refused in redirect URIs, by reason.
const REFUSED: [(&str, &[&str]); 7] = [
    (
        "scheme makes the browser run or render the URI itself",
        &[
            "about",
            "blob",
            "cid",
            "data",
            "filesystem",
            "jar",
            "javascript",
            "livescript",
            "mhtml",
            "mid",
            "mocha",
            "vbscript",
            "view-source",
            "wyciwyg",
        ],
    ),
    (
        "scheme opens internal pages or extensions of a browser",
        &[
            "arc",
            "brave",
            "chrome",
            "devtools",
            "edge",
            "extension",
            "isolated-app",
            "microsoft-edge",
            "opera",
            "resource",
            "vivaldi",
        ],
    ),
    ("scheme is a host: the URI begins with its host and port instead of http://", &["localhost"]),
    ("scheme opens local files or network shares", &["afp", "cifs", "content", "dav", "davs", "file", "nfs", "smb"]),
    (
        "scheme is a network protocol, not an app",
        &[
            "ftp", "ftps", "git", "gopher", "imap", "irc", "irc6", "ircs", "ldap", "ldaps", "news", "nntp", "pop",
            "rdp", "rlogin", "rsync", "rtsp", "sftp", "ssh", "stun", "svn", "telnet", "tftp", "turn", "vnc", "ws",
            "wss", "xmpp",
        ],
    ),
    (
        "scheme makes the operating system call, write, pay or open a store",
        &[
            "bitcoin",
            "bitcoincash",
            "callto",
            "ethereum",
            "facetime",
            "facetime-audio",
            "geo",
            "im",
            "imessage",
            "itms",
            "itms-apps",
            "itms-appss",
            "itms-services",
            "lightning",
            "magnet",
            "mailto",
            "maps",
            "market",
            "matrix",
            "mms",
            "mmsto",
            "openpgp4fpr",
            "sip",
            "sips",
            "skype",
            "sms",
            "smsto",
            "tel",
            "telprompt",
            "upi",
            "urn",
            "webcal",
            "webcals",
            "wtai",
        ],
    ),
    (
        "scheme makes the operating system start a program, script, setting or search",
        &[
            "android",
            "android-app",
            "app-prefs",
            "app-settings",
            "applescript",
            "calculator",
            "hcp",
            "help",
            "intent",
            "intents",
            "its",
            "mk",
            "onenote",
            "prefs",
            "res",
            "search",
            "search-ms",
            "shell",
            "shortcuts",
            "steam",
            "tez",
            "workflow",
        ],
    ),
];

/// Families of such schemes, by their prefix. `ms-` contains `ms-msdt` and `ms-officecmd`, through which links have run
/// programs. Every website can register a `web+` scheme (HTML Standard, "registerProtocolHandler").
const REFUSED_FAMILIES: [(&str, &[&str]); 4] = [
    ("scheme opens internal pages or extensions of a browser", &["chrome-", "edge-", "moz-", "ms-browser-", "safari-"]),
    ("scheme is a network protocol, not an app", &["git-", "git+", "http+", "https+", "svn+"]),
    ("scheme can belong to a website or an extension", &["ext+", "web+"]),
    ("scheme makes the operating system act", &["android-", "ms-", "x-apple", "x-help-", "x-man-"]),
];

/// The reason why no redirect URI may have this scheme, which is in lower case, or `None` if an app can own it.
pub(super) fn refusal(scheme: &str) -> Option<&'static str> {
    if scheme.len() == 1 {
        return Some("scheme is a drive letter");
    }
    let by_name = REFUSED.iter().find(|(_, schemes)| schemes.contains(&scheme));
    let by_family =
        || REFUSED_FAMILIES.iter().find(|(_, prefixes)| prefixes.iter().any(|prefix| scheme.starts_with(prefix)));
    by_name.or_else(by_family).map(|(reason, _)| *reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TO-03
    #[test]
    fn private_use_schemes_of_apps_are_accepted() {
        for scheme in [
            "warp",
            "raycast",
            "com.raycast",
            "kiro",
            "goose",
            "lmstudio",
            "vscodium",
            "jetbrains",
            "zed",
            "trae",
            "cursor",
            "vscode",
            "vscode-insiders",
            "windsurf",
            "code-oss",
            "claude",
            "msteams",
            "com.example.app",
            "chromebook",
            "edgeapp",
            "filer",
            "intentional",
            "x-example",
        ] {
            assert_eq!(refusal(scheme), None, "{scheme}");
        }
    }

    /// TO-03, T-07
    #[test]
    fn schemes_that_a_browser_or_system_acts_on_are_refused() {
        for scheme in [
            "javascript",
            "data",
            "vbscript",
            "file",
            "blob",
            "about",
            "ftp",
            "ws",
            "wss",
            "mailto",
            "tel",
            "sms",
            "intent",
            "content",
            "chrome",
            "chrome-extension",
            "edge",
            "moz-extension",
            "view-source",
            "jar",
            "ms-msdt",
            "ms-settings",
            "ms-officecmd",
            "search-ms",
            "web+memory",
            "ext+memory",
            "c",
            "x-apple.systempreferences",
            "itms-services",
            "safari-web-extension",
            "android-app",
            "shortcuts",
            "localhost",
            "http+unix",
            "git-credential",
        ] {
            assert!(refusal(scheme).is_some(), "{scheme}");
        }
    }
}
