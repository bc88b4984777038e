extension CodeBook {
    /// Several gateways on one PostgreSQL.
    static let shared = [
        Entry(
            "P0517",
            fr: "PostgreSQL est injoignable ou ne valide plus (attente d'un secondaire synchrone). L'émetteur reçoit AR et renverra ; rien n'est perdu. Voir "
                + "Deploy/postgres/BASCULE.md.",
            en: "PostgreSQL is away or commits no more (it waits for a synchronous standby). The sender gets AR and will send again; nothing is lost. See "
                + "Deploy/postgres/FAILOVER.md."),
        Entry(
            "P0518",
            fr: "Le même message est déjà arrivé par une autre passerelle, qui ne l'a pas encore jugé : AR, le renvoi recevra sa réponse.",
            en: "The same message came by another gateway already, which has not judged it yet: AR, a repeat gets its answer."),
        Entry(
            "P0560",
            fr: "PostgreSQL n'écrit pas sûrement sur le disque : ce qui est acquitté pourrait se perdre à une coupure. Remettre fsync, full_page_writes et "
                + "synchronous_commit à on.",
            en: "PostgreSQL does not write safely to its disk: what is acknowledged could be lost in a power cut. Set fsync, full_page_writes and "
                + "synchronous_commit to on."),
        Entry(
            "P0561",
            fr: "`failover: true` promet qu'une bascule ne perd rien : il faut un secondaire synchrone (synchronous_standby_names, synchronous_commit à on).",
            en: "`failover: true` promises that a fail-over loses nothing: a synchronous standby is needed (synchronous_standby_names, synchronous_commit on)."),
        Entry(
            "P0562",
            fr: "Le schéma manque ou vient d'une autre version : `passerelle journal migrate`, avec le rôle propriétaire.",
            en: "The schema is missing or of another version: `passerelle journal migrate`, as the owning role."),
        Entry(
            "P0563",
            fr: "La base est joignable, mais n'est pas celle avec laquelle la passerelle a démarré (ou elle est en lecture seule).",
            en: "The database answers, but is not the one the gateway started with (or it is read-only)."),
        Entry(
            "P0564",
            fr: "La connexion à PostgreSQL a échoué : adresse, base, rôle, mot de passe, pg_hba.conf.",
            en: "The connection to PostgreSQL failed: address, database, role, password, pg_hba.conf."),
        Entry(
            "P0565",
            fr: "`journal copy` ne remplit qu'un journal vide : une base neuve, `journal migrate`, puis la copie, passerelles arrêtées.",
            en: "`journal copy` fills an empty journal only: a new database, `journal migrate`, then the copy, with the gateways stopped."),
        Entry(
            "P0569",
            fr: "La base porte le bon numéro de version, mais ses tables et fonctions ne sont pas celles de ce binaire (préversion, ou schéma modifié à la "
                + "main). Rien n'y est changé. Prendre une base ou un schéma neufs ; vider d'abord l'ancien journal avec la passerelle qui l'a créé.",
            en: "The database has the right version number, but its tables and functions are not those of this binary (a pre-release, or a schema that was "
                + "changed by hand). Nothing is changed in it. Take a new database or schema; drain the old journal first with the gateway that made it."),
        Entry("P9025", fr: "Voir P0517.", en: "See P0517."),
    ]
}
