/// The fixed identifiers of XDS metadata in ebRIM 3.0 (IHE ITI TF-3 §4.2) and of the registry protocols.
package enum XDSScheme {
    /// Namespaces of the messages.
    package enum Namespace {
        /// ebRIM.
        package static let rim = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"
        /// ebRS responses.
        package static let rs = "urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0"
        /// ebRS life cycle: submissions.
        package static let lcm = "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0"
        /// ebRS queries.
        package static let query = "urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0"
        /// IHE XDS.b.
        package static let xdsb = "urn:ihe:iti:xds-b:2007"
        /// XOP references.
        package static let xop = "http://www.w3.org/2004/08/xop/include"
        /// SOAP 1.2.
        package static let soap = "http://www.w3.org/2003/05/soap-envelope"
        /// WS-Addressing.
        package static let addressing = "http://www.w3.org/2005/08/addressing"
        /// WS-Security.
        package static let security =
            "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
    }

    /// `objectType` of a stable document entry.
    static let stableDocument = "urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1"

    /// Classification and external identifier schemes of the submission set.
    enum SubmissionSet {
        static let node = "urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd"
        static let author = "urn:uuid:a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d"
        static let contentType = "urn:uuid:aa543740-bdda-424e-8c96-df4873be8500"
        static let patientID = "urn:uuid:6b5aea1a-874d-4603-a4bc-96a0a7b38446"
        static let sourceID = "urn:uuid:554ac39e-e3fe-47fe-b233-965d2a147832"
        static let uniqueID = "urn:uuid:96fdda7c-d067-4183-912e-bf5ee74998a8"
    }

    /// Classification and external identifier schemes of the document entry.
    enum DocumentEntry {
        static let author = "urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d"
        static let classCode = "urn:uuid:41a5887f-8865-4c09-adf7-e362475b143a"
        static let typeCode = "urn:uuid:f0306f51-975f-434e-a61c-c59651d33983"
        static let confidentiality = "urn:uuid:f4f85eac-e6cb-4883-b524-f2705394840f"
        static let formatCode = "urn:uuid:a09d5840-386c-46f2-b5ad-9c3699a4309d"
        static let facilityType = "urn:uuid:f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1"
        static let practiceSetting = "urn:uuid:cccf5598-8b07-4b77-a05e-ae952c785ead"
        static let event = "urn:uuid:2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4"
        static let patientID = "urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427"
        static let uniqueID = "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab"
    }

    /// SOAP actions of the transactions (WS-Addressing `Action`).
    package enum Action {
        /// ITI-41.
        package static let provideAndRegister = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b"
        /// ITI-18.
        package static let storedQuery = "urn:ihe:iti:2007:RegistryStoredQuery"
        /// ITI-57.
        package static let updateDocumentSet = "urn:ihe:iti:2010:UpdateDocumentSet"
    }
}
