//! The functions that expressions may call, with their forms. Source of the Kubernetes ones: apiserver `pkg/cel/library`.

/// How a function is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// `f(a)`
    Global,
    /// `a.f()`
    Member,
    /// Either.
    Both,
}

macro_rules! functions {
    ($($variant:ident = $name:literal, $form:ident, $least:literal..=$most:literal;)*) => {
        /// A function. The receiver is its first argument.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Function {
            $(#[doc = $name] $variant,)*
        }

        const ALL: &[(Function, &str, Form, usize, usize)] =
            &[$((Function::$variant, $name, Form::$form, $least, $most),)*];
    };
}

// Arguments are counted with the receiver.
functions! {
    Size = "size", Both, 1..=1;
    Type = "type", Global, 1..=1;
    Dyn = "dyn", Global, 1..=1;
    ToInt = "int", Global, 1..=1;
    ToUint = "uint", Global, 1..=1;
    ToDouble = "double", Global, 1..=1;
    ToString = "string", Global, 1..=1;
    ToBool = "bool", Global, 1..=1;
    ToDuration = "duration", Global, 1..=1;
    Contains = "contains", Member, 2..=2;
    StartsWith = "startsWith", Member, 2..=2;
    EndsWith = "endsWith", Member, 2..=2;
    Matches = "matches", Both, 2..=2;
    CharAt = "charAt", Member, 2..=2;
    IndexOf = "indexOf", Member, 2..=3;
    LastIndexOf = "lastIndexOf", Member, 2..=2;
    Join = "join", Member, 1..=2;
    LowerAscii = "lowerAscii", Member, 1..=1;
    UpperAscii = "upperAscii", Member, 1..=1;
    Replace = "replace", Member, 3..=4;
    Split = "split", Member, 2..=3;
    Substring = "substring", Member, 2..=3;
    Trim = "trim", Member, 1..=1;
    Reverse = "reverse", Member, 1..=1;
    Format = "format", Member, 2..=2;
    Quote = "strings.quote", Global, 1..=1;
    Find = "find", Member, 2..=2;
    FindAll = "findAll", Member, 2..=3;
    Sum = "sum", Member, 1..=1;
    Min = "min", Member, 1..=1;
    Max = "max", Member, 1..=1;
    IsSorted = "isSorted", Member, 1..=1;
    Distinct = "distinct", Member, 1..=1;
    Flatten = "flatten", Member, 1..=1;
    Sort = "sort", Member, 1..=1;
    Slice = "slice", Member, 3..=3;
    SetsContains = "sets.contains", Global, 2..=2;
    SetsEquivalent = "sets.equivalent", Global, 2..=2;
    SetsIntersects = "sets.intersects", Global, 2..=2;
    OptionalOf = "optional.of", Global, 1..=1;
    OptionalNone = "optional.none", Global, 0..=0;
    OptionalOfNonZero = "optional.ofNonZeroValue", Global, 1..=1;
    HasValue = "hasValue", Member, 1..=1;
    GetValue = "value", Member, 1..=1;
    OrValue = "orValue", Member, 2..=2;
    Or = "or", Member, 2..=2;
    Quantity = "quantity", Global, 1..=1;
    IsQuantity = "isQuantity", Global, 1..=1;
    CompareTo = "compareTo", Member, 2..=2;
    IsGreaterThan = "isGreaterThan", Member, 2..=2;
    IsLessThan = "isLessThan", Member, 2..=2;
    Add = "add", Member, 2..=2;
    Sub = "sub", Member, 2..=2;
    Sign = "sign", Member, 1..=1;
    AsInteger = "asInteger", Member, 1..=1;
    Ip = "ip", Both, 1..=1;
    IsIp = "isIP", Global, 1..=1;
    Cidr = "cidr", Global, 1..=1;
    IsCidr = "isCIDR", Global, 1..=1;
    ContainsIp = "containsIP", Member, 2..=2;
    ContainsCidr = "containsCIDR", Member, 2..=2;
    PrefixLength = "prefixLength", Member, 1..=1;
    Family = "family", Member, 1..=1;
    Url = "url", Global, 1..=1;
    IsUrl = "isURL", Global, 1..=1;
    GetScheme = "getScheme", Member, 1..=1;
    GetHost = "getHost", Member, 1..=1;
    GetHostname = "getHostname", Member, 1..=1;
    GetPort = "getPort", Member, 1..=1;
    GetEscapedPath = "getEscapedPath", Member, 1..=1;
    GetQuery = "getQuery", Member, 1..=1;
    Semver = "semver", Global, 1..=1;
    IsSemver = "isSemver", Global, 1..=1;
    Major = "major", Member, 1..=1;
    Minor = "minor", Member, 1..=1;
    Patch = "patch", Member, 1..=1;
    FormatNamed = "format.named", Global, 1..=1;
    Dns1123Label = "format.dns1123Label", Global, 0..=0;
    Dns1123Subdomain = "format.dns1123Subdomain", Global, 0..=0;
    Dns1035Label = "format.dns1035Label", Global, 0..=0;
    QualifiedName = "format.qualifiedName", Global, 0..=0;
    Dns1123LabelPrefix = "format.dns1123LabelPrefix", Global, 0..=0;
    Dns1123SubdomainPrefix = "format.dns1123SubdomainPrefix", Global, 0..=0;
    Dns1035LabelPrefix = "format.dns1035LabelPrefix", Global, 0..=0;
    LabelValue = "format.labelValue", Global, 0..=0;
    Uri = "format.uri", Global, 0..=0;
    Uuid = "format.uuid", Global, 0..=0;
    Byte = "format.byte", Global, 0..=0;
    Date = "format.date", Global, 0..=0;
    DateTime = "format.datetime", Global, 0..=0;
    Validate = "validate", Member, 2..=2;
    Objects = "objects", Global, 1..=2;
    Get = "get", Global, 3..=3;
    Selects = "selects", Global, 2..=2;
    Pods = "pods", Global, 1..=1;
    LabelsOf = "labelsOf", Global, 1..=1;
    Requests = "requests", Global, 1..=1;
    Limits = "limits", Global, 1..=1;
    Refs = "refs", Global, 1..=1;
    IsUnknown = "isUnknown", Global, 1..=1;
}

/// Why a call is none.
pub enum NoSuch {
    /// No function has that name.
    Name,
    /// It is called in the other form.
    Form {
        /// Whether it needs something before the dot.
        is_member: bool,
    },
    /// It takes another number of arguments, the receiver not counted.
    Arguments(usize, usize),
}

impl Function {
    /// The function of a call. `arguments` counts the receiver.
    pub fn find(name: &str, has_receiver: bool, arguments: usize) -> Result<Function, NoSuch> {
        let Some((function, _, form, least, most)) = ALL.iter().find(|(_, known, ..)| *known == name) else {
            return Err(NoSuch::Name);
        };
        match form {
            Form::Global if has_receiver => return Err(NoSuch::Form { is_member: false }),
            Form::Member if !has_receiver => return Err(NoSuch::Form { is_member: true }),
            _ => {}
        }
        if arguments < *least || arguments > *most {
            let receiver = usize::from(has_receiver);
            return Err(NoSuch::Arguments(least.saturating_sub(receiver), most.saturating_sub(receiver)));
        }
        Ok(*function)
    }

    /// Names of all functions.
    pub fn names() -> impl Iterator<Item = &'static str> {
        ALL.iter().map(|(_, name, ..)| *name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        ALL.iter().find(|(function, ..)| *function == self).map_or("", |(_, name, ..)| name)
    }
}
