-- An engagement's ten CSV tables in, typed and checked tables out.
--
-- `$folder` is the folder of the tables, headings as bench/organisation.py writes them. Names
-- become integers in the order of their code points, so that comparing numbers compares names;
-- units and posts share one numbering, since both are parts. Numbers become whole millionths,
-- blanks their defaults. The names stand in dictionaries: part_name, role_name, practice_name, item_name.
--
-- Checks: a name that is nowhere becomes NULL in a NOT NULL column, ranges are CHECKs (both are
-- vectorised and cost next to nothing), keys are counted at the end. Declared PRIMARY and FOREIGN
-- KEYs build indexes row by row: see by_hand_declared.sql for what they cost.

SET preserve_insertion_order = false;

CREATE OR REPLACE MACRO table_of(name, headings) AS TABLE
    FROM read_csv('$folder/' || name || '.csv', columns = headings,
        auto_detect = false, header = true, delim = ',', quote = '"', escape = '"');


-- Units and posts

CREATE TEMP TABLE units_csv AS FROM table_of('units',
    {unit: 'VARCHAR', part_of: 'VARCHAR', goal: 'VARCHAR', lead: 'VARCHAR'});
CREATE TEMP TABLE roles_csv AS FROM table_of('roles',
    {role: 'VARCHAR', unit: 'VARCHAR', headcount: 'DECIMAL(18, 6)'});

CREATE TABLE part_name (part INTEGER NOT NULL, name VARCHAR NOT NULL, role VARCHAR,
    unit VARCHAR NOT NULL);
INSERT INTO part_name
    SELECT row_number() OVER (ORDER BY name) - 1, name, role, unit
    FROM (SELECT unit AS name, NULL AS role, unit FROM units_csv
          UNION ALL SELECT role || ' @ ' || unit, role, unit FROM roles_csv);

CREATE TABLE role_name (role INTEGER NOT NULL, name VARCHAR NOT NULL);
INSERT INTO role_name
    SELECT row_number() OVER (ORDER BY role) - 1, role FROM (SELECT DISTINCT role FROM roles_csv);

CREATE TABLE units (unit INTEGER NOT NULL, part_of INTEGER, goal INTEGER, lead VARCHAR,
    CHECK (part_of <> -1));
INSERT INTO units
    WITH unit_name AS (SELECT part, name FROM part_name WHERE role IS NULL),
    goals AS (SELECT goal, min(part) AS number FROM units_csv JOIN unit_name ON name = unit
              WHERE goal IS NOT NULL GROUP BY goal)
    SELECT own.part, CASE WHEN part_of IS NOT NULL THEN coalesce(above.part, -1) END, goals.number,
        lead
    FROM units_csv JOIN unit_name AS own ON own.name = unit
    LEFT JOIN unit_name AS above ON above.name = part_of LEFT JOIN goals USING (goal);

CREATE TABLE posts (post INTEGER NOT NULL, role INTEGER NOT NULL, unit INTEGER NOT NULL,
    headcount BIGINT CHECK (headcount > 0));
INSERT INTO posts
    SELECT post.part, role_name.role, own.part, headcount * 1000000
    FROM roles_csv JOIN part_name AS post USING (role, unit)
    LEFT JOIN part_name AS own ON own.role IS NULL AND own.name = roles_csv.unit
    LEFT JOIN role_name ON role_name.name = roles_csv.role;

CREATE TABLE people (person VARCHAR NOT NULL, post INTEGER NOT NULL);
INSERT INTO people
    SELECT person, part
    FROM table_of('people', {person: 'VARCHAR', role: 'VARCHAR', unit: 'VARCHAR'})
    LEFT JOIN part_name USING (role, unit);


-- Practices, and who uses them

CREATE TEMP TABLE practices_csv AS FROM table_of('practices',
    {practice: 'VARCHAR', broader: 'VARCHAR'});
CREATE TABLE practice_name (practice INTEGER NOT NULL, name VARCHAR NOT NULL);
INSERT INTO practice_name
    SELECT row_number() OVER (ORDER BY practice) - 1, practice
    FROM (SELECT DISTINCT practice FROM practices_csv);

CREATE TABLE practices (practice INTEGER NOT NULL, broader INTEGER CHECK (broader <> -1));
INSERT INTO practices
    SELECT own.practice,
        CASE WHEN broader IS NOT NULL THEN coalesce(above.practice, -1) END
    FROM practices_csv AS given LEFT JOIN practice_name AS own ON own.name = given.practice
    LEFT JOIN practice_name AS above ON above.name = broader;

CREATE TABLE uses (role INTEGER NOT NULL, practice INTEGER NOT NULL,
    importance INTEGER NOT NULL CHECK (importance BETWEEN 0 AND 1000000));
INSERT INTO uses
    SELECT role_name.role, practice_name.practice, coalesce(importance, 1) * 1000000
    FROM table_of('role_practices',
        {role: 'VARCHAR', practice: 'VARCHAR', importance: 'DECIMAL(18, 6)'}) AS given
    LEFT JOIN role_name ON role_name.name = given.role
    LEFT JOIN practice_name ON practice_name.name = given.practice;

CREATE TABLE needs (role INTEGER NOT NULL, unit INTEGER CHECK (unit <> -1),
    practice INTEGER NOT NULL,
    required INTEGER CHECK (required BETWEEN 0 AND 1000000),
    current INTEGER CHECK (current BETWEEN 0 AND 1000000));
INSERT INTO needs
    SELECT role_name.role, CASE WHEN given.unit IS NOT NULL THEN coalesce(part, -1) END,
        practice_name.practice, required * 1000000, current * 1000000
    FROM table_of('needs', {role: 'VARCHAR', unit: 'VARCHAR', practice: 'VARCHAR',
        required: 'DECIMAL(18, 6)', current: 'DECIMAL(18, 6)'}) AS given
    LEFT JOIN role_name ON role_name.name = given.role
    LEFT JOIN practice_name ON practice_name.name = given.practice
    LEFT JOIN part_name ON part_name.role IS NULL AND part_name.name = given.unit;

CREATE TABLE handoffs (giver INTEGER NOT NULL, taker INTEGER NOT NULL,
    strength INTEGER NOT NULL CHECK (strength BETWEEN 0 AND 1000000));
INSERT INTO handoffs
    SELECT giver.role, taker.role, coalesce(strength, 1) * 1000000
    FROM table_of('handoffs',
        {giver: 'VARCHAR', taker: 'VARCHAR', strength: 'DECIMAL(18, 6)'}) AS given
    LEFT JOIN role_name AS giver ON giver.name = given.giver
    LEFT JOIN role_name AS taker ON taker.name = given.taker;


-- Items

CREATE TEMP TABLE items_csv AS FROM table_of('items',
    {item: 'VARCHAR', hours: 'DECIMAL(18, 6)', mandatory: 'VARCHAR'});
CREATE TABLE item_name (item INTEGER NOT NULL, name VARCHAR NOT NULL);
INSERT INTO item_name SELECT row_number() OVER (ORDER BY item) - 1, item FROM items_csv;

CREATE TABLE items (item INTEGER NOT NULL, hours BIGINT NOT NULL CHECK (hours >= 0),
    everyone BOOLEAN NOT NULL, in_unit INTEGER, in_role INTEGER, mandatory BOOLEAN NOT NULL,
    CHECK (NOT mandatory OR everyone OR in_unit IS NOT NULL OR in_role IS NOT NULL));
INSERT INTO items
    SELECT item_name.item, coalesce(hours, 1) * 1000000, mandatory IS NOT DISTINCT FROM 'everyone',
        part, role_name.role, mandatory IS NOT NULL
    FROM items_csv AS given JOIN item_name ON item_name.name = given.item
    LEFT JOIN part_name ON part_name.role IS NULL AND part_name.name = mandatory
    LEFT JOIN role_name ON role_name.name = mandatory;

CREATE TABLE coverage (item INTEGER NOT NULL, practice INTEGER NOT NULL,
    weight BIGINT NOT NULL CHECK (weight > 0));
INSERT INTO coverage
    SELECT item_name.item, practice_name.practice, coalesce(weight, 1) * 1000000
    FROM table_of('item_practices',
        {item: 'VARCHAR', practice: 'VARCHAR', weight: 'DECIMAL(18, 6)'}) AS given
    LEFT JOIN item_name ON item_name.name = given.item
    LEFT JOIN practice_name ON practice_name.name = given.practice;

CREATE TABLE prerequisites (item INTEGER NOT NULL, requires INTEGER NOT NULL);
INSERT INTO prerequisites
    SELECT own.item, first.item
    FROM table_of('prerequisites', {item: 'VARCHAR', requires: 'VARCHAR'}) AS given
    LEFT JOIN item_name AS own ON own.name = given.item
    LEFT JOIN item_name AS first ON first.name = given.requires;


-- Keys. Of the people, only rows of the same hash need be compared whole.

CREATE OR REPLACE MACRO refuse(found, what) AS
    CASE WHEN found THEN error(what || ': a row twice') END;

SELECT refuse(count(*) <> count(DISTINCT name), 'units and roles') FROM part_name;
SELECT refuse(count(*) <> count(DISTINCT (practice, broader)), 'practices') FROM practices;
SELECT refuse(count(*) <> count(DISTINCT (role, practice)), 'role_practices') FROM uses;
SELECT refuse(count(*) <> count(DISTINCT (role, unit, practice)), 'needs') FROM needs;
SELECT refuse(count(*) <> count(DISTINCT (giver, taker)), 'handoffs') FROM handoffs;
SELECT refuse(count(*) <> count(DISTINCT name), 'items') FROM item_name;
SELECT refuse(count(*) <> count(DISTINCT (item, practice)), 'item_practices') FROM coverage;
SELECT refuse(count(*) <> count(DISTINCT (item, requires)), 'prerequisites') FROM prerequisites;
WITH suspect AS (SELECT hash(person, post) FROM people GROUP BY ALL HAVING count(*) > 1)
SELECT refuse(count(*) > 0, 'people')
FROM (SELECT 1 FROM people WHERE hash(person, post) IN (FROM suspect)
      GROUP BY person, post HAVING count(*) > 1);

DROP TABLE units_csv;
DROP TABLE roles_csv;
DROP TABLE practices_csv;
DROP TABLE items_csv;
