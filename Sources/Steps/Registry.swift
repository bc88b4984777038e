package import Pipeline

/// Every check, step and then of the product. A new one is a file and a line here.
package enum StepRegistry {
    /// What `check:` may name.
    package static let checks: [any Check.Type] = [CDARequestCheck.self]
    /// What `do:` may name.
    package static let steps: [any Step.Type] = [DocumentsStep.self, SetStep.self]
    /// What `then:` may name.
    package static let thens: [any Then.Type] = [ZAMZ01.self, ZAMZ02.self]
}
