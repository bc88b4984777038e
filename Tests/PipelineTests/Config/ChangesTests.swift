import Synchronization
import Testing

@testable import Pipeline

@Suite("What changed between two configurations")
struct ChangesTests {
    /// The configuration of a bench, read to run; secrets are what `secret` says of their name.
    private func load(
        _ bench: ConfigBench = ConfigBench(), purpose: LoadingContext.Purpose = .start,
        secret: @escaping @Sendable (SecretReference) throws(Reason) -> [UInt8] = { _ in [1] }
    ) -> LoadedConfiguration {
        let base = ConfigBench.context(.memory(bench.files))
        return Configuration.load(
            "/c/passerelle.yaml",
            LoadingContext(
                registry: base.registry, formats: base.formats, files: base.files, secrets: SecretReader(secret), engine: base.engine, purpose: purpose))
    }

    private func changes(_ new: ConfigBench, from old: ConfigBench = ConfigBench()) throws -> [String] {
        let old = try #require(load(old).configuration), new = try #require(load(new).configuration)
        return ConfigurationChanges(from: old, to: new).lines.map(\.en)
    }

    @Test("places, comments and the order of keys are no change")
    func same() throws {
        #expect(try changes(ConfigBench()) == [])
        var moved = ConfigBench(ConfigBench.Slipped.node, "environment: test\njournal", "# a word\n\nenvironment: test\njournal")
        moved.files["/c/Routes/letters.yaml"]? += "\n# the end\n"
        #expect(try changes(moved) == [])
    }

    @Test("a part is told by its noun and name: added, changed, removed")
    func parts() throws {
        #expect(try changes(ConfigBench(ConfigBench.Slipped.node, "port: 6660", "port: 6661")) == ["listener in: changed"])
        #expect(
            try changes(ConfigBench(ConfigBench.Slipped.node, "out: {probe: {}}", "out: {probe: {}}\n  more: {probe: {rate: 2}}")) == ["sender more: added"])
        #expect(try changes(ConfigBench(ConfigBench.Slipped.route, "fr: Lettres", "fr: Courriers")) == ["route letters (clinic): changed"])
        #expect(
            try changes(ConfigBench(), from: ConfigBench(ConfigBench.Slipped.node, "out: {probe: {}}", "out: {probe: {}}\n  more: {probe: {}}"))
                == ["sender more: removed"])
        // Partners concern no sender; the facility's numbers do.
        #expect(try changes(ConfigBench(ConfigBench.Slipped.facility, "application: DPI", "application: OTHER")) == ["facility clinic: changed"])
        let numbers = try changes(ConfigBench(ConfigBench.Slipped.facility, "geo: \"990000010\"", "geo: \"990000011\""))
        #expect(numbers == ["listener in: changed", "sender clinic/back: changed", "sender out: changed", "facility clinic: changed"])
    }

    @Test("the bytes behind a reference count, not only its name")
    func secrets() throws {
        let bench = ConfigBench(ConfigBench.Slipped.node, "out: {probe: {}}", "out: {probe: {password: {credential: word}}}")
        let one = try #require(load(bench).configuration)
        let two = try #require(
            load(bench) { (reference) throws(Reason) in reference == .credential("word") ? [2] : [1] }.configuration)
        #expect(ConfigurationChanges(from: one, to: two).lines.map(\.en) == ["sender out: changed"])
        let kept = ConfigBench(ConfigBench.Slipped.node, "", (bench.files["/c/passerelle.yaml"] ?? ""))
        #expect(try changes(kept, from: bench) == [])
    }

    @Test("untouched listeners and senders are taken over as they are, changed ones are new")
    func kept() throws {
        let old = try #require(load().configuration)
        var new = try #require(load(ConfigBench(ConfigBench.Slipped.node, "out: {probe: {}}", "out: {probe: {rate: 3}}")).configuration)
        new.keepUntouched(of: old, ConfigurationChanges(from: old, to: new))
        #expect(new.listeners["in"] as? TapListener === old.listeners["in"] as? TapListener)
        #expect(new.senders["clinic/back"] as? ProbeSender === old.senders["clinic/back"] as? ProbeSender)
        #expect(new.senders["out"] as? ProbeSender !== old.senders["out"] as? ProbeSender)
    }

    @Test("what cannot be read behind a configuration refuses a reload, at its place; a start goes on")
    func unreadable() {
        @Sendable func broken(_ reference: SecretReference) throws(Reason) -> [UInt8] {
            if reference == .credential("auth-key") { throw Reason("P0181", Text(fr: "absent", en: "absent"), location: "auth-key") }
            return [1]
        }
        #expect(load(secret: broken).configuration != nil)
        let reload = load(purpose: .reload, secret: broken)
        #expect(reload.configuration == nil && !reload.digest.isEmpty)
        let said = reload.report.diagnostics
        #expect(said.count == 1 && said.first?.code == "P0195" && said.first?.place.file == "/c/Routes/facilities/clinic.yaml" && said.first?.place.line == 10)
        var without = ConfigBench()
        without.files["/c/ca.pem"] = nil
        let faults = load(without, purpose: .reload).report.diagnostics.filter { $0.severity == .error }
        #expect(faults.map(\.code) == ["P0195"] && faults.first?.place.file == "/c/passerelle.yaml" && faults.first?.place.line == 11)
    }

    @Test("journal, socket and environment need a restart")
    func restart() throws {
        let old = try #require(load().configuration)
        let moved = try #require(
            load(ConfigBench(ConfigBench.Slipped.node, "directory: var/journal}}", "directory: var/other}}\nsocket: var/other.sock")).configuration)
        #expect(
            ConfigurationChanges.refused(from: old, to: moved, file: "f").map { "\($0.place) \($0.code)" } == [
                "/c/passerelle.yaml:3:1 P0196", "/c/passerelle.yaml:4:1 P0196",
            ])
        #expect(ConfigurationChanges.refused(from: old, to: old, file: "f").isEmpty)
    }
}

extension ConfigBench {
    /// The names of the files.
    enum Slipped {
        static let node = "passerelle.yaml", facility = "Routes/facilities/clinic.yaml", route = "Routes/letters.yaml"
    }
}
