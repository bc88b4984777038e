import ArgumentParser

/// `passerelle bench`
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: Say.text(fr: "Mesure cette machine et la passerelle.", en: "Measures this machine and the gateway."),
        discussion: Say.text(
            fr: """
                Chaque mesure fait tourner une vraie passerelle dans un autre processus, avec sa charge et ses destinataires sur les mêmes cœurs, et donne
                ses chiffres à côté de ce que le disque et SQLite font seuls, dans la même exécution.
                """,
            en: """
                Each measure runs a real gateway in another process, with its load and far ends on the same cores, and gives its figures beside what the
                disk and SQLite do alone, in the same run.
                """),
        subcommands: [
            BenchMLLP.self, BenchOpen.self, BenchBurst.self, BenchEndToEnd.self, BenchLane.self, BenchBacklog.self, BenchRecovery.self,
            BenchDocuments.self, BenchIdle.self, BenchRoutes.self, BenchRetention.self, BenchReload.self, BenchPostgres.self,
        ], defaultSubcommand: BenchMLLP.self)
}

/// One measure: a subcommand.
protocol BenchScenario: AsyncParsableCommand {
    var options: BenchOptions { get }
    func measure(_ run: BenchRun) async throws
}

extension BenchScenario {
    func run() async throws { try await measure(try BenchRun(options)) }
}
