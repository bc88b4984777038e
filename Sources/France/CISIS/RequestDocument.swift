package import HL7v2

/// A coded value `code^text^system` (CE, CWE).
package struct RequestCode: Sendable, Hashable {
    /// The code.
    package let code: String
    /// Its label, as the sender wrote it.
    package let label: String
    /// Its system: `LN`, `TRE_A05`, `MetaDMPMSS`…
    package let system: String

    /// A code, its label and its system.
    package init(code: String, label: String, system: String) { (self.code, self.label, self.system) = (code, label, system) }
}

/// A document identifier of TXA-12 or TXA-13 (EI): `extension^^root^ISO`, or `root` alone when the CDA id has no extension.
package struct RequestDocumentID: Sendable, Hashable {
    /// EI-1.
    package let entity: String
    /// EI-2, which the volet leaves empty and official examples fill.
    package let namespace: String
    /// EI-3.
    package let universal: String
    /// EI-4.
    package let universalType: String

    /// The root of the CDA id that these components stand for.
    package var root: String { universal.isEmpty ? entity : universal }
    /// Its extension, nil when there is none.
    package var idExtension: String? { universal.isEmpty || entity.isEmpty ? nil : entity }
}

/// A document of a request: an OBX of type ED that carries a CDA in Base64.
package struct RequestDocument: Sendable {
    /// OBX-3: the type of the document.
    package let code: RequestCode
    /// OBX-5.2: `TEXT`, whatever the case.
    package let dataType: String
    /// OBX-5.3: `XML`.
    package let dataSubtype: String
    /// OBX-5.4: `Base64`.
    package let encoding: String
    /// OBX-5.5: the Base64 as received, a slice of the message and not a copy.
    package let content: ArraySlice<UInt8>
    /// How many repetitions of OBX-5 hold something: a document is one, and what stands in another would be lost in silence.
    package let repetitions: Int
    /// OBX-11: `F` initial, `C` replacement, `D` deletion.
    package let status: String
    /// Ordinal of the OBX segment in the message, 1 for the first.
    package let ordinal: Int
    /// Senders (PRT-4 = `SB`) that hang on this document.
    package let senders: [RequestParty]
    /// Recipients (PRT-4 = `RCT`) that hang on this document.
    package let recipients: [RequestParty]
    /// Reply addresses (PRT-4 = `REPLY`) that hang on this document.
    package let replies: [RequestParty]

    /// The exact bytes of the document, decoded when asked for and not kept. Blanks, line breaks and missing padding are forgiven.
    package func decoded() throws(Base64Error) -> [UInt8] { try Base64.decode(content, tolerant: true) }
}

/// The body of a mail: an OBX `CORPSMAIL_PS` or `CORPSMAIL_PATIENT`.
package struct RequestBody: Sendable {
    /// OBX-5.5: Base64 as received, a slice of the message; nil when absent.
    package let content: ArraySlice<UInt8>?
    /// How many repetitions of OBX-5 hold something; 0: the sender wrote none.
    package let repetitions: Int
    /// Ordinal of the OBX segment in the message, 1 for the first.
    package let ordinal: Int
}
