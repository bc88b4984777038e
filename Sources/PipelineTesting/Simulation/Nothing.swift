package import Pipeline

/// Runs blocking work where it stands: for tests whose work does not block.
package struct InlineDoor: BlockingDoor {
    /// A door without threads.
    package init() {}

    package func run<T: Sendable>(_ scope: String, _ work: @escaping @Sendable () -> T) async -> T { work() }
}

/// Takes nothing: for configurations that are only read.
package struct ClosedIntake: Intake {
    /// An intake that answers `later`.
    package init() {}

    private static let reason = Reason("P0998", Text(fr: "Rien n'est reçu ici", en: "Nothing is received here"))

    package func receive(_ acceptance: Acceptance, content: (any Content)?, turn: Turn?, answer: @escaping @Sendable (Answer) -> Void) {
        answer(.later(Self.reason))
    }
    package func partner(listener: String, application: String, facilityCode: String, subject: String?) -> PartnerMatch { .unknown(Self.reason) }
}

/// A digest for tests that only need equal bytes to be equal: SipHash twice, 32 bytes. No cryptography.
package func testDigester() -> Digester {
    Digester { bytes in
        SipHash(secret: Key128(high: 3, low: 4)).hash(bytes).bytes + SipHash(secret: Key128(high: 5, low: 6)).hash(bytes).bytes
    }
}
