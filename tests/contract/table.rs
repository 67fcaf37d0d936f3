//! The macro that makes one test per case and arm.

/// From `theme { case; case needs Need; }` makes the tests `memory::theme::case`, `podman::…`, `varlink::…` and `podman1::…`, and
/// the list of all cases.
macro_rules! contract {
    (@need) => { None };
    (@need $need:ident) => { Some(crate::arm::Need::$need) };
    (@arm $arm:ident, $run:path, $({ $theme:ident $($case:ident [$($need:ident)?])* })*) => {
        mod $arm {
            $(mod $theme {
                $(#[test]
                fn $case() {
                    let name = concat!(stringify!($theme), "::", stringify!($case));
                    $run(name, contract!(@need $($need)?), |lab| Box::pin(crate::$theme::$case(lab)));
                })*
            })*
        }
    };
    ($($theme:ident { $($case:ident $(needs $need:ident)?;)* })*) => {
        /// Every case and what it needs.
        const CASES: &[(&str, Option<arm::Need>)] = &[
            $($((concat!(stringify!($theme), "::", stringify!($case)), contract!(@need $($need)?)),)*)*
        ];
        contract!(@arm memory, crate::harness::on_memory, $({ $theme $($case [$($need)?])* })*);
        contract!(@arm podman, crate::harness::on_podman, $({ $theme $($case [$($need)?])* })*);
        contract!(@arm varlink, crate::harness::on_varlink, $({ $theme $($case [$($need)?])* })*);
        contract!(@arm podman1, crate::harness::on_podman1, $({ $theme $($case [$($need)?])* })*);
    };
}
