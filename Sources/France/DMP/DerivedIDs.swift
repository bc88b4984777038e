import Trust

/// Every identifier of a lot, made from the delivery's key: the same delivery gives the same identifiers for ever, on any machine.
package struct DerivedIDs: Sendable, Hashable {
    private let key: [UInt8]
    /// OID under which this instance makes its identifiers.
    private let root: String

    /// - Parameters:
    ///   - key: the 16 bytes of the delivery's key.
    ///   - root: the OID of this instance; 30 characters at most, so that identifiers stay within 64.
    package init(key: [UInt8], root: String) throws(DMPLotError) {
        guard DerivedIDs.isOID(root), root.utf8.count <= 30 else {
            throw DMPLotError(
                .configuration, at: "lps.oid", french: "l'OID de l'instance doit être un OID d'au plus 30 caractères",
                english: "the OID of this instance must be an OID of 30 characters at most")
        }
        self.key = key
        self.root = root
    }

    /// OID of the instance: `sourceId` of what it submits.
    package var source: String { root }
    /// `uniqueId` of the submission set.
    package var set: String { oid("set", arc: 10) }
    /// `uniqueId` of the submission set that deletes the request's document `index`.
    package func deletion(_ index: Int) -> String { oid("deletion-\(index)", arc: 10) }
    /// `uniqueId` of the signature document.
    package var signature: String { oid("signature", arc: 30) }
    /// `Id` of the signature element.
    package var signatureElement: String { "S-\(hex("signature-element"))" }
    /// MIME boundary.
    package var boundary: String { "----=_passerelle_\(hex("boundary"))" }

    /// Content-ID of a part, `root` or the symbolic identifier of an entry.
    package func contentID(_ part: String) -> String { "\(part.lowercased()).\(hex("content").prefix(16))@passerelle" }

    /// An identifier under this instance: root, a number for the purpose, 96 bits of a digest in decimal.
    private func oid(_ purpose: String, arc: Int) -> String {
        let number = digest(purpose).prefix(12).reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
        return "\(root).\(arc).\(number)"
    }

    private func hex(_ purpose: String) -> String {
        let digits = Array("0123456789abcdef")
        return String(digest(purpose).prefix(16).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    private func digest(_ purpose: String) -> [UInt8] { Digest.sha256(key + Array("dmp/\(purpose)".utf8)) }

    /// Whether a text is a dotted OID of at most 64 characters, without leading zeros.
    package static func isOID(_ text: String) -> Bool {
        guard text.utf8.count <= 64 else { return false }
        let arcs = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard arcs.count >= 2, let first = arcs.first, first.count == 1, let top = first.first, (0x30...0x32).contains(top) else { return false }
        return arcs.allSatisfy { arc in
            arc.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } && !arc.isEmpty && (arc.count == 1 || arc.first != 0x30)
        }
    }
}
