-- Les rôles d'un journal Passerelle, chacun avec ses seuls droits. À lancer une fois, en superutilisateur, avant `passerelle journal migrate`.
-- The roles of a Passerelle journal, each with its own rights alone. Run once as a superuser, before `passerelle journal migrate`.
--
--   psql -d passerelle -v ON_ERROR_STOP=1 -f roles.sql          (again: nothing happens)
--
-- Passwords: ALTER ROLE passerelle_gateway PASSWORD '…' (or certificates, in pg_hba.conf).
DO $$
BEGIN
    -- Owns the schema; connects for `journal migrate` and `journal copy` only.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'passerelle_owner') THEN CREATE ROLE passerelle_owner LOGIN; END IF;
    -- The gateways: they read and add; they change no schema and remove no message and no line of the audit but by retention's own functions.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'passerelle_gateway') THEN CREATE ROLE passerelle_gateway LOGIN; END IF;
    -- Supervision: reads states and audit, no body, no secret.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'passerelle_reader') THEN CREATE ROLE passerelle_reader LOGIN; END IF;
    -- Backups: pg_basebackup and pg_dump.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'passerelle_backup') THEN
        CREATE ROLE passerelle_backup LOGIN REPLICATION;
        GRANT pg_read_all_data TO passerelle_backup;
    END IF;
    EXECUTE format('GRANT CREATE, CONNECT ON DATABASE %I TO passerelle_owner', current_database());
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO passerelle_gateway, passerelle_reader, passerelle_backup', current_database());
END $$;
