/// What the stand-in objects to, in the terms of the protocol.
struct Complaint: Error, Sendable, Hashable {
    enum Shape: Sendable, Hashable {
        /// SOAP 1.2 fault with HTTP 500: security and protocol.
        case fault(sender: Bool)
        /// `RegistryResponse` Failure with HTTP 200: content.
        case registry
    }

    let shape: Shape
    /// Subcode of the fault, or `errorCode`.
    let code: String
    /// In French, as the DMP would say it. No value of the document.
    let text: String
    /// Which rule of the sandbox: for `outcome.json` and tests.
    let rule: String
    /// What was found, for `outcome.json` only.
    var found: String = ""

    static func fault(_ code: String, _ text: String, rule: String, found: String = "", sender: Bool = true) -> Complaint {
        Complaint(shape: .fault(sender: sender), code: code, text: text, rule: rule, found: found)
    }
    static func registry(_ code: String, _ text: String, rule: String, found: String = "") -> Complaint {
        Complaint(shape: .registry, code: code, text: text, rule: rule, found: found)
    }
    static func mime(_ text: String, found: String = "") -> Complaint {
        .fault("InvalidMessage", "message MTOM illisible : \(text)", rule: "mtom", found: found)
    }
    static func soap(_ text: String, rule: String = "soap", found: String = "") -> Complaint {
        .fault("InvalidMessage", "message SOAP incorrect : \(text)", rule: rule, found: found)
    }
    static func certificate(_ text: String, rule: String, found: String = "") -> Complaint {
        .fault("DMPInvalidCertificate", text, rule: rule, found: found)
    }
    static func token(_ text: String, rule: String, found: String = "") -> Complaint {
        .fault("InvalidSecurityToken", "VIHF refusé : \(text)", rule: rule, found: found)
    }
    /// A metadata rule of the repository.
    static func metadata(_ text: String, rule: String, found: String = "") -> Complaint {
        .registry("XDSRepositoryMetadataError", text, rule: rule, found: found)
    }
}
