//! The `#[strategy]` attribute of the plugin SDK. Checks what it stands on and adds the export; the SDK does the rest.

use proc_macro::TokenStream;
use quote::quote;
use syn::{Error, ItemImpl, parse_macro_input};

/// Makes the `impl Strategy for X` under it the plugin of its crate. One per crate.
#[proc_macro_attribute]
pub fn strategy(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let implementation = parse_macro_input!(item as ItemImpl);
    let arguments = proc_macro2::TokenStream::from(arguments);
    if let Err(error) = check(&arguments, &implementation) {
        let error = error.into_compile_error();
        return quote!(#implementation #error).into();
    }
    let strategy = &implementation.self_ty;
    quote! {
        #implementation
        ::sconce_sdk::export_strategy!(#strategy);
    }
    .into()
}

fn check(arguments: &proc_macro2::TokenStream, implementation: &ItemImpl) -> Result<(), Error> {
    if !arguments.is_empty() {
        return Err(Error::new_spanned(arguments, "`#[strategy]` takes no arguments"));
    }
    if !implementation.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &implementation.generics,
            "a plugin is one concrete type: remove the parameters",
        ));
    }
    let named = implementation.trait_.as_ref().and_then(|(_, path, _)| path.segments.last());
    match named {
        Some(name) if name.ident == "Strategy" => Ok(()),
        _ => Err(Error::new_spanned(&implementation.self_ty, "put `#[strategy]` on an `impl Strategy for …`")),
    }
}
