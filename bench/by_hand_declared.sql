-- The ten tables once more, checked by declared keys: what it costs to build their indexes.
--
-- Names stay text. That a unit is part of a unit is checked afterwards, since a row may come before
-- the one that it refers to; so is what an item is mandatory for, which may be a unit or a role.

SET preserve_insertion_order = false;

CREATE OR REPLACE MACRO table_of(name, headings) AS TABLE
    FROM read_csv('$folder/' || name || '.csv', columns = headings,
        auto_detect = false, header = true, delim = ',', quote = '"', escape = '"');

CREATE TABLE units (unit VARCHAR PRIMARY KEY, part_of VARCHAR, goal VARCHAR, lead VARCHAR);
INSERT INTO units FROM table_of('units',
    {unit: 'VARCHAR', part_of: 'VARCHAR', goal: 'VARCHAR', lead: 'VARCHAR'});
SELECT error('units: part of a unit that is nowhere') FROM units
    WHERE part_of IS NOT NULL AND part_of NOT IN (SELECT unit FROM units);

CREATE TEMP TABLE roles_csv AS FROM table_of('roles',
    {role: 'VARCHAR', unit: 'VARCHAR', headcount: 'DECIMAL(18, 6)'});
CREATE TABLE roles (role VARCHAR PRIMARY KEY);
INSERT INTO roles SELECT DISTINCT role FROM roles_csv;
CREATE TABLE posts (role VARCHAR REFERENCES roles (role), unit VARCHAR REFERENCES units (unit),
    headcount DECIMAL(18, 6) CHECK (headcount > 0), PRIMARY KEY (role, unit));
INSERT INTO posts FROM roles_csv;
DROP TABLE roles_csv;

CREATE TABLE people (person VARCHAR, role VARCHAR, unit VARCHAR,
    PRIMARY KEY (person, role, unit), FOREIGN KEY (role, unit) REFERENCES posts (role, unit));
INSERT INTO people FROM table_of('people', {person: 'VARCHAR', role: 'VARCHAR', unit: 'VARCHAR'});

CREATE TEMP TABLE practices_csv AS FROM table_of('practices',
    {practice: 'VARCHAR', broader: 'VARCHAR'});
CREATE TABLE practices (practice VARCHAR PRIMARY KEY);
INSERT INTO practices SELECT DISTINCT practice FROM practices_csv;
CREATE TABLE broader (practice VARCHAR REFERENCES practices (practice),
    broader VARCHAR REFERENCES practices (practice), PRIMARY KEY (practice, broader));
INSERT INTO broader FROM practices_csv WHERE broader IS NOT NULL;
DROP TABLE practices_csv;

CREATE TABLE uses (role VARCHAR REFERENCES roles (role),
    practice VARCHAR REFERENCES practices (practice),
    importance DECIMAL(18, 6) NOT NULL CHECK (importance BETWEEN 0 AND 1),
    PRIMARY KEY (role, practice));
INSERT INTO uses SELECT role, practice, coalesce(importance, 1) FROM table_of('role_practices',
    {role: 'VARCHAR', practice: 'VARCHAR', importance: 'DECIMAL(18, 6)'});

CREATE TABLE needs (role VARCHAR NOT NULL REFERENCES roles (role),
    unit VARCHAR REFERENCES units (unit),
    practice VARCHAR NOT NULL REFERENCES practices (practice),
    required DECIMAL(18, 6) CHECK (required BETWEEN 0 AND 1),
    current DECIMAL(18, 6) CHECK (current BETWEEN 0 AND 1),
    UNIQUE (role, unit, practice));
INSERT INTO needs FROM table_of('needs', {role: 'VARCHAR', unit: 'VARCHAR', practice: 'VARCHAR',
    required: 'DECIMAL(18, 6)', current: 'DECIMAL(18, 6)'});

CREATE TABLE handoffs (giver VARCHAR REFERENCES roles (role), taker VARCHAR REFERENCES roles (role),
    strength DECIMAL(18, 6) NOT NULL CHECK (strength BETWEEN 0 AND 1), PRIMARY KEY (giver, taker));
INSERT INTO handoffs SELECT giver, taker, coalesce(strength, 1) FROM table_of('handoffs',
    {giver: 'VARCHAR', taker: 'VARCHAR', strength: 'DECIMAL(18, 6)'});

CREATE TABLE items (item VARCHAR PRIMARY KEY, hours DECIMAL(18, 6) NOT NULL CHECK (hours >= 0),
    mandatory VARCHAR);
INSERT INTO items SELECT item, coalesce(hours, 1), mandatory FROM table_of('items',
    {item: 'VARCHAR', hours: 'DECIMAL(18, 6)', mandatory: 'VARCHAR'});
SELECT error('items: mandatory for what is nowhere') FROM items
    WHERE mandatory <> 'everyone' AND mandatory NOT IN (SELECT unit FROM units)
      AND mandatory NOT IN (SELECT role FROM roles);

CREATE TABLE coverage (item VARCHAR REFERENCES items (item),
    practice VARCHAR REFERENCES practices (practice),
    weight DECIMAL(18, 6) NOT NULL CHECK (weight > 0), PRIMARY KEY (item, practice));
INSERT INTO coverage SELECT item, practice, coalesce(weight, 1) FROM table_of('item_practices',
    {item: 'VARCHAR', practice: 'VARCHAR', weight: 'DECIMAL(18, 6)'});

CREATE TABLE prerequisites (item VARCHAR REFERENCES items (item),
    requires VARCHAR REFERENCES items (item), PRIMARY KEY (item, requires));
INSERT INTO prerequisites FROM table_of('prerequisites', {item: 'VARCHAR', requires: 'VARCHAR'});
