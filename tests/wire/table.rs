//! The macro that makes one test per case and arm.

/// From `theme { case; case only podman because "…"; }` makes the tests `memory::theme::case` and
/// `podman::theme::case`; what only one arm can show is skipped on the other, by name and with the reason.
/// `alone` cases need a plugin and no Podman, and run once.
macro_rules! wire {
    (@only) => { None };
    (@only $arm:ident $reason:literal) => { Some((stringify!($arm), $reason)) };
    (@arm $arm:ident, $({ $theme:ident $($case:ident [$($only:ident $reason:literal)?])* })*) => {
        mod $arm {
            $(mod $theme {
                $(#[test]
                fn $case() {
                    let name = concat!(stringify!($theme), "::", stringify!($case));
                    let only = wire!(@only $($only $reason)?);
                    crate::harness::on(stringify!($arm), name, only, |lab| Box::pin(crate::cases::$theme::$case(lab)));
                })*
            })*
        }
    };
    (
        both { $($theme:ident { $($case:ident $(only $only:ident because $reason:literal)?;)* })* }
        alone { $($lone:ident { $($lone_case:ident;)* })* }
    ) => {
        wire!(@arm memory, $({ $theme $($case [$($only $reason)?])* })*);
        wire!(@arm podman, $({ $theme $($case [$($only $reason)?])* })*);
        wire!(@arm alone, $({ $lone $($lone_case [])* })*);
    };
}
