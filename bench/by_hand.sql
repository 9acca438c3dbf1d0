-- From the tables of by_hand_load.sql to all that the standard rulebook concludes, by hand.
--
-- One table for each template, named as the template; its columns are the template's fields. Names
-- are the integers of the dictionaries, numbers whole millionths (INTEGER for shares, else BIGINT).
-- A name behind a dollar is a parameter of the engagement, in millionths; by_hand.py puts it in.
-- `$person` is what one person counts in the column `heads` of the working tables: 1 where all head
-- counts are whole, else 1000000. Below six million people no product overflows; beyond, DuckDB
-- says so.
--
-- What makes it quick:
-- * Posts of one role that were assessed alike have one *profile*: the same gaps, fits, crafts and
--   relevances. What hangs on practices is reckoned once a profile, and what hangs on communities
--   once a *class* (the posts of one profile in one community, bound to the same items). Only at
--   the end is it laid out on the posts: `$laid_out` is TABLE or, with --on-demand, TEMP VIEW.
-- * Sums first, one division a group. A quotient that is rounded to twelve places and then to six
--   is a single integer division, see `half`; nothing large needs a HUGEINT.
-- * How many of each profile stand inside a unit is counted once; a unit's heads, crafts, roles and
--   topics are sums over that.
-- * Sets of topics are bit strings.

SET preserve_insertion_order = false;

CREATE TYPE level_name AS ENUM ('mandatory', 'core', 'specialist', 'prerequisite');
CREATE TYPE participation_name AS ENUM ('core', 'active', 'peripheral');
CREATE TYPE kind_name AS ENUM ('shared', 'on request');
CREATE TYPE capacity_name AS ENUM ('teacher', 'broker');
CREATE TYPE action_name AS ENUM ('share', 'appoint a broker', 'buy or build', 'retire',
    'brief instead of a course', 'name a lead', 'merge');


-- Numbers. n and d are not negative.

-- Half of the divisor, and the hair more that rounding to twelve places before six adds:
-- floor((floor((n·10¹² + d/2) / d) + 500000) / 10⁶)
--   = floor((n·10⁶ + floor((500000·d + d/2) / 10⁶)) / d)
CREATE MACRO half(d) AS (d * 500000::BIGINT + d // 2) // 1000000;
-- Millionths over a count: the sum of n over d.
CREATE MACRO mean(n, d) AS (n + half(d)) // d;
-- The same for an n that rounding of its parts may have brought below 0.
CREATE MACRO signed_mean(n, d) AS sign(n) * mean(abs(n), d);
-- Like over like, in millionths.
CREATE MACRO share(n, d) AS (n * 1000000::BIGINT + half(d)) // d;
-- From twelve places to six.
CREATE MACRO to_six(n) AS (n + 500000) // 1000000;
-- Millionths of hours times heads, in millionths.
CREATE MACRO person_hours(n) AS (CASE WHEN $person = 1 THEN n ELSE to_six(n) END)::BIGINT;
-- Heads as a fact holds them.
CREATE MACRO in_full(heads) AS (heads * (1000000 // $person))::BIGINT;
-- Heads times heads or hours, which is large where heads are millionths.
CREATE MACRO heads_by(a, b) AS CASE WHEN $person = 1 THEN a * b ELSE a::HUGEINT * b END;
-- Heads times heads times millionths, and the mean of what was summed so.
CREATE MACRO weighed(pair, n) AS
    CASE WHEN $person = 1 THEN pair * n ELSE to_six(pair::HUGEINT * n) END;
CREATE MACRO mean_by_pair(n, d) AS
    CASE WHEN $person = 1 THEN mean(n, d) ELSE share(n::HUGEINT, d::HUGEINT) END;


-- Places, posts, profiles

CREATE TEMP TABLE within AS
WITH RECURSIVE up (unit, whole, steps) AS (
    SELECT unit, unit, 0 FROM units
    UNION ALL
    SELECT up.unit, part_of, steps + 1 FROM up JOIN units ON units.unit = whole
    WHERE part_of IS NOT NULL)
FROM up;

-- Where an item is mandatory, and the nearest such unit around each unit.
CREATE TEMP TABLE zone AS
    SELECT unit, arg_min(whole, steps) AS zone FROM within
    WHERE whole IN (SELECT in_unit FROM items WHERE in_unit IS NOT NULL) GROUP BY unit;

CREATE TEMP TABLE assessed AS
    SELECT role, practice, unit, required - current AS short FROM needs
    WHERE required IS NOT NULL AND current IS NOT NULL;

CREATE TEMP TABLE own_assessment AS
    SELECT post, practice, arg_min(short, steps) AS short
    FROM assessed JOIN within ON whole = assessed.unit
    JOIN posts ON posts.unit = within.unit AND posts.role = assessed.role
    SEMI JOIN uses ON uses.role = posts.role AND uses.practice = assessed.practice
    GROUP BY post, practice;

-- What sets a post apart from others of its role. (`$apart` is this; by_hand.py --by-post puts the
-- post in its place, so that every post has a profile of its own.)
CREATE TEMP TABLE assessed_apart AS
    SELECT post, list((practice, short) ORDER BY practice) AS apart
    FROM own_assessment GROUP BY post;

CREATE TEMP TABLE post_as_assessed AS
    SELECT post, role, unit, $apart AS apart, coalesce(zone, -1) AS zone,
        (coalesce(headcount // (1000000 // $person), listed * $person, $person))::BIGINT AS heads
    FROM posts LEFT JOIN assessed_apart USING (post) LEFT JOIN zone USING (unit)
    LEFT JOIN (SELECT post, count(*) AS listed FROM people GROUP BY post) USING (post);

CREATE TEMP TABLE profile AS
    SELECT row_number() OVER ()::INTEGER AS profile, role, apart, post
    FROM (SELECT role, apart, min(post) AS post FROM post_as_assessed GROUP BY role, apart);

CREATE TEMP TABLE post AS
    SELECT given.post, given.role, unit, zone, heads, profile
    FROM post_as_assessed AS given JOIN profile
      ON profile.role = given.role AND profile.apart IS NOT DISTINCT FROM given.apart;


-- Needs

CREATE TEMP TABLE profile_use AS
    SELECT profile, practice, importance, assessed, gap,
        to_six(importance::BIGINT * gap)::INTEGER AS want
    FROM (SELECT profile, practice, importance, short IS NOT NULL AS assessed,
              CASE WHEN short IS NULL THEN $unassessed
                   ELSE least(1000000, share(greatest(short, 0), $full_gap))::INTEGER END AS gap
          FROM (SELECT profile, practice, importance, coalesce(own.short, anywhere.short) AS short
                FROM profile JOIN uses USING (role)
                LEFT JOIN own_assessment AS own USING (post, practice)
                LEFT JOIN (FROM assessed WHERE unit IS NULL) AS anywhere USING (role, practice)));

CREATE $laid_out "Gap" AS SELECT post, practice, gap FROM profile_use JOIN post USING (profile);
CREATE $laid_out "Want" AS SELECT post, practice, want FROM profile_use JOIN post USING (profile);

CREATE TEMP TABLE upward AS
WITH RECURSIVE up (practice, broader) AS (
    SELECT practice, broader FROM practices WHERE broader IS NOT NULL
    UNION
    SELECT up.practice, practices.broader FROM up JOIN practices ON practices.practice = up.broader
    WHERE practices.broader IS NOT NULL)
SELECT practice, broader, $kin_share AS share FROM up
UNION ALL SELECT DISTINCT practice, practice, 1000000 FROM practices;

CREATE TEMP TABLE kin AS
    FROM upward UNION ALL SELECT broader, practice, share FROM upward WHERE broader <> practice;

CREATE TEMP TABLE profile_fit AS
    SELECT profile, broader AS practice, to_six(max(want::BIGINT * share))::INTEGER AS fit
    FROM profile_use JOIN kin USING (practice) GROUP BY ALL;

CREATE $laid_out "Fit" AS SELECT post, practice, fit FROM profile_fit JOIN post USING (profile);

CREATE TEMP TABLE item_weight AS
    SELECT item, sum(weight)::BIGINT AS total FROM coverage GROUP BY item;

CREATE TEMP TABLE profile_item AS
    SELECT profile, item, mean(worth, total)::INTEGER AS relevance
    FROM (SELECT profile, item, sum(fit * weight)::BIGINT AS worth
          FROM profile_fit JOIN coverage USING (practice) GROUP BY ALL)
    JOIN item_weight USING (item);

CREATE $laid_out "Relevance" AS
    SELECT post, item, relevance FROM profile_item JOIN post USING (profile);

CREATE TEMP TABLE profile_want AS
    SELECT profile, item FROM profile_item WHERE relevance >= $relevant AND $relevant > 0
    UNION ALL SELECT profile, item FROM profile CROSS JOIN items WHERE $relevant <= 0;

CREATE $laid_out "Wanted" AS SELECT post, item FROM profile_want JOIN post USING (profile);

CREATE TEMP TABLE profile_hold AS
    SELECT profile, item, max(importance) >= 500000 AS teaches
    FROM profile_use JOIN coverage USING (practice) GROUP BY profile, item HAVING max(gap) = 0;

CREATE $laid_out "Holds" AS SELECT post, item FROM profile_hold JOIN post USING (profile);
CREATE $laid_out "Teacher" AS
    SELECT post, item FROM profile_hold JOIN post USING (profile) WHERE teaches;


-- Crafts

CREATE TEMP TABLE profile_craft AS
    SELECT profile, broader AS practice,
        to_six(to_six(max((importance::BIGINT * (1000000 + gap) + 1) // 2 * share)))::INTEGER
            AS craft
    FROM profile_use JOIN upward USING (practice) GROUP BY ALL;

CREATE TEMP TABLE profile_total AS
    SELECT profile, sum(craft)::BIGINT AS total FROM profile_craft GROUP BY profile;

CREATE $laid_out "Craft" AS SELECT post, practice, craft FROM profile_craft JOIN post USING (profile);

CREATE TEMP TABLE contact AS
    SELECT role, counterpart, max(strength) AS strength
    FROM (SELECT giver AS role, taker AS counterpart, strength FROM handoffs
          UNION ALL SELECT taker, giver, strength FROM handoffs)
    GROUP BY ALL;


-- Units, and the groups in them

CREATE TEMP TABLE own_heads AS SELECT unit, sum(heads)::BIGINT AS heads FROM post GROUP BY unit;

-- How many of each profile stand inside a unit; far fewer rows than posts, the higher the fewer.
CREATE TEMP TABLE unit_profile AS
    SELECT whole AS unit, profile, sum(heads)::BIGINT AS heads
    FROM post JOIN within USING (unit) GROUP BY ALL;

CREATE TEMP TABLE unit_heads AS
    SELECT unit, sum(heads)::BIGINT AS heads FROM unit_profile GROUP BY unit;

CREATE TEMP TABLE served AS
WITH RECURSIVE down (unit, goal) AS (
    SELECT unit, goal FROM units WHERE part_of IS NULL
    UNION ALL
    SELECT units.unit, coalesce(units.goal, down.goal) FROM down JOIN units ON part_of = down.unit)
FROM down;

CREATE TEMP TABLE child AS
    SELECT part_of AS unit, unit AS part, heads, served.goal
    FROM unit_heads JOIN units USING (unit) JOIN served USING (unit) WHERE part_of IS NOT NULL;

CREATE TEMP TABLE group_count AS
    SELECT unit, count(*) + (any_value(own_heads.heads) IS NOT NULL)::INTEGER AS number
    FROM child LEFT JOIN own_heads USING (unit) GROUP BY unit;


-- How close two posts of a unit are: their profiles say it

CREATE TEMP TABLE mates AS
    SELECT this.unit, this.post AS one, that.post AS other, this.profile AS first,
        that.profile AS second, this.role, that.role AS counterpart,
        heads_by(this.heads, that.heads) AS pair, goal
    FROM post AS this JOIN post AS that ON this.unit = that.unit AND this.post < that.post
    JOIN served ON served.unit = this.unit;

CREATE TEMP TABLE profile_likeness AS
    SELECT first, second, share(common, nullif(one.total + other.total - common, 0)) AS likeness
    FROM (SELECT first, second, sum(least(one.craft, other.craft))::BIGINT AS common
          FROM (SELECT DISTINCT first, second FROM mates)
          JOIN profile_craft AS one ON one.profile = first
          JOIN profile_craft AS other ON other.profile = second AND other.practice = one.practice
          GROUP BY ALL)
    JOIN profile_total AS one ON one.profile = first
    JOIN profile_total AS other ON other.profile = second;


-- How close two child units are, and a child unit and a post beside it

CREATE TEMP TABLE part AS
    SELECT unit, part, heads, goal, NULL::INTEGER AS profile FROM child
    UNION ALL
    SELECT unit, post, heads, goal, profile
    FROM post JOIN served USING (unit) SEMI JOIN child USING (unit);

CREATE TEMP TABLE part_craft AS
    SELECT part_of AS unit, unit AS part, practice, mean(craft, heads)::INTEGER AS craft
    FROM (SELECT unit, practice, sum(heads * craft)::BIGINT AS craft
          FROM unit_profile JOIN profile_craft USING (profile) GROUP BY ALL)
    JOIN unit_heads USING (unit) JOIN units USING (unit) WHERE part_of IS NOT NULL
    UNION ALL
    SELECT unit, part, practice, craft FROM part JOIN profile_craft USING (profile);

CREATE TEMP TABLE part_total AS
    SELECT part, sum(craft)::BIGINT AS total FROM part_craft GROUP BY part;

CREATE TEMP TABLE in_common AS
    SELECT this.part AS one, that.part AS other,
        sum(least(this.craft, that.craft))::BIGINT AS common
    FROM part_craft AS this JOIN part_craft AS that
      ON this.unit = that.unit AND this.practice = that.practice AND this.part < that.part
    GROUP BY ALL;

CREATE TEMP TABLE part_role AS
    SELECT part_of AS unit, unit AS part, role, heads
    FROM (SELECT unit, role, sum(heads)::BIGINT AS heads
          FROM unit_profile JOIN profile USING (profile) GROUP BY ALL)
    JOIN units USING (unit) WHERE part_of IS NOT NULL
    UNION ALL
    SELECT unit, part, role, heads FROM part JOIN profile USING (profile);

CREATE TEMP TABLE exchange AS
    SELECT this.part AS one, that.part AS other,
        sum(weighed(heads_by(this.heads, that.heads), strength)) AS handed
    FROM part_role AS this JOIN contact USING (role) JOIN part_role AS that
      ON that.unit = this.unit AND that.role = counterpart AND this.part < that.part
    GROUP BY ALL;

CREATE TEMP TABLE close AS
    SELECT unit, one, other, pair,
        to_six($craft_weight * coalesce(likeness, 0)
               + $handoff_weight * coalesce(handed, 0)
               + $goal_weight * CASE WHEN same_goal THEN 1000000::BIGINT ELSE 0 END)::BIGINT
            AS closeness
    FROM (SELECT unit, one, other, pair, likeness, goal IS NOT NULL AS same_goal,
              strength AS handed
          FROM mates LEFT JOIN profile_likeness USING (first, second)
          LEFT JOIN contact USING (role, counterpart)
          UNION ALL
          SELECT this.unit, this.part, that.part, heads_by(this.heads, that.heads),
              share(common, nullif(first.total + second.total - common, 0)),
              this.goal = that.goal,
              mean_by_pair(handed, heads_by(this.heads, that.heads))::BIGINT
          FROM part AS this JOIN part AS that
            ON this.unit = that.unit AND this.part < that.part
              AND (this.profile IS NULL OR that.profile IS NULL)
          LEFT JOIN in_common ON in_common.one = this.part AND in_common.other = that.part
          LEFT JOIN exchange ON exchange.one = this.part AND exchange.other = that.part
          LEFT JOIN part_total AS first ON first.part = this.part
          LEFT JOIN part_total AS second ON second.part = that.part);

CREATE TABLE "Closeness" AS SELECT unit, one, other, closeness FROM close;

CREATE TABLE "Cohesion" AS
    SELECT unit, coalesce(cohesion, 1000000)::BIGINT AS cohesion
    FROM units LEFT JOIN (
        SELECT unit, mean_by_pair(sum(weighed(pair, closeness)), sum(pair)) AS cohesion
        FROM close GROUP BY unit) USING (unit);


-- What one common information set would waste: the hours of all that somebody in a group wants,
-- times its heads, less what each of them wants. Sets of topics are bit strings: their union is an
-- OR, and their hours add up bit by bit of the number of hours.

CREATE TEMP TABLE topic AS
    SELECT item AS topic, hours FROM items
    UNION ALL SELECT DISTINCT practice, 1000000 FROM uses WHERE NOT EXISTS (FROM items);

CREATE TEMP TABLE profile_topic AS
    SELECT profile, item AS topic FROM profile_want
    UNION ALL SELECT profile, practice FROM profile_fit
    WHERE NOT EXISTS (FROM items) AND fit >= $relevant AND $relevant > 0
      AND practice IN (SELECT topic FROM topic)
    UNION ALL SELECT profile, topic FROM profile CROSS JOIN topic
    WHERE NOT EXISTS (FROM items) AND $relevant <= 0;

CREATE TEMP TABLE profile_topics AS
    SELECT profile, bitstring_agg(topic, 0, $last_topic) AS topics, sum(hours)::BIGINT AS hours
    FROM profile_topic JOIN topic USING (topic) GROUP BY profile;

CREATE TEMP TABLE hour_bit AS
WITH step AS (
    SELECT greatest(list_reduce(list(hours), lambda a, b: gcd(a, b)), 1) AS hours FROM topic)
    SELECT step.hours << place AS hours, bitstring_agg(topic, 0, $last_topic) AS topics
    FROM topic CROSS JOIN step CROSS JOIN range(63) AS places (place)
    WHERE ((topic.hours // step.hours) >> place) & 1 = 1 GROUP BY ALL;

CREATE TEMP TABLE unit_wanted AS
    SELECT unit, bit_or(topics) AS topics, sum(heads_by(heads, hours)) AS hours
    FROM unit_profile JOIN profile_topics USING (profile) GROUP BY unit;
CREATE TEMP TABLE own_wanted AS
    SELECT unit, bit_or(topics) AS topics, sum(heads_by(heads, hours)) AS hours
    FROM post JOIN profile_topics USING (profile) SEMI JOIN child USING (unit) GROUP BY unit;

CREATE MACRO wasted_by(wanted, headcount) AS TABLE
    SELECT unit, person_hours(heads * reach - hours) AS burden
    FROM (SELECT unit, wanted.hours,
              sum(bit_count(wanted.topics & hour_bit.topics) * hour_bit.hours) AS reach
          FROM query_table(wanted) AS wanted CROSS JOIN hour_bit GROUP BY ALL)
    JOIN query_table(headcount) USING (unit);

CREATE TEMP TABLE unit_burden AS FROM wasted_by('unit_wanted', 'unit_heads');
CREATE TEMP TABLE own_burden AS FROM wasted_by('own_wanted', 'own_heads');

CREATE TABLE "BreakEven" AS
    SELECT unit,
        signed_mean(coalesce(whole.burden, 0) - coalesce(apart, 0) - coalesce(own.burden, 0),
                    number - 1)::BIGINT AS hours
    FROM group_count JOIN "Cohesion" USING (unit)
    LEFT JOIN unit_burden AS whole USING (unit) LEFT JOIN own_burden AS own USING (unit)
    LEFT JOIN (SELECT child.unit, sum(burden) AS apart
               FROM child JOIN unit_burden ON unit_burden.unit = part
               GROUP BY child.unit) USING (unit)
    WHERE number >= 2 AND cohesion < $cohesive;


-- How recursive to be

CREATE TABLE "Stays" AS
    SELECT within.unit, min(coalesce(upper.hours, 0)) AS hours
    FROM "BreakEven" AS own JOIN within USING (unit)
    LEFT JOIN "BreakEven" AS upper ON upper.unit = whole
    ANTI JOIN (SELECT unit FROM group_count WHERE number = 1) AS passed ON passed.unit = whole
    GROUP BY within.unit;

CREATE TABLE "CutStep" AS
    SELECT $running_floor::BIGINT AS hours FROM units LIMIT 1;
INSERT INTO "CutStep" SELECT DISTINCT hours FROM "Stays" WHERE hours > $running_floor;

CREATE TABLE "WidestPlateau" AS
    SELECT hours AS low, higher AS high
    FROM (SELECT hours, lead(hours) OVER (ORDER BY hours) AS higher FROM "CutStep")
    ORDER BY share(higher::HUGEINT, hours::HUGEINT) DESC NULLS LAST, hours DESC LIMIT 1;

CREATE TABLE "RunningCost" AS
    SELECT coalesce($running, low)::BIGINT AS hours FROM "WidestPlateau";

CREATE TABLE "Splits" AS
    SELECT unit FROM group_count JOIN unit_heads USING (unit) LEFT JOIN "BreakEven" USING (unit)
    WHERE number >= 2 AND (hours > (SELECT hours FROM "RunningCost") OR in_full(heads) > $largest);


-- Communities, and classes of their posts

CREATE TEMP TABLE cut AS
WITH RECURSIVE
open AS (FROM "Splits" UNION ALL SELECT unit FROM group_count WHERE number = 1),
down (unit, community, is_open) AS (
    SELECT unit, unit, unit IN (FROM open) FROM units WHERE part_of IS NULL
    UNION ALL
    SELECT units.unit, CASE WHEN is_open THEN units.unit ELSE community END,
        is_open AND units.unit IN (FROM open)
    FROM down JOIN units ON part_of = down.unit)
SELECT unit, community FROM down;

CREATE TEMP TABLE class AS
    SELECT row_number() OVER ()::INTEGER AS class, community, profile, zone, heads, role
    FROM (SELECT community, profile, zone, sum(heads)::BIGINT AS heads, any_value(role) AS role
          FROM post JOIN cut USING (unit) GROUP BY community, profile, zone);

CREATE TEMP TABLE post_class AS
    SELECT post, community, class
    FROM post JOIN cut USING (unit) JOIN class USING (community, profile, zone);

CREATE TABLE "Member" AS SELECT post, community FROM post_class;

CREATE TEMP TABLE size AS
    SELECT community, sum(heads)::BIGINT AS heads FROM class GROUP BY community;
CREATE TABLE "Community" AS SELECT community, in_full(heads) AS heads FROM size;


-- What goes to whom

CREATE TABLE "Score" AS
    SELECT community, item, mean(worth, heads)::INTEGER AS score
    FROM (SELECT community, item, sum(heads * relevance)::BIGINT AS worth
          FROM class JOIN profile_item USING (profile) GROUP BY ALL)
    JOIN size USING (community);

CREATE TEMP TABLE wanting AS
    SELECT community, item, wanting, share(wanting, heads)::INTEGER AS reach
    FROM (SELECT community, item, sum(heads)::BIGINT AS wanting
          FROM class JOIN profile_want USING (profile) GROUP BY ALL)
    JOIN size USING (community);

CREATE TABLE "Reach" AS SELECT community, item, reach FROM wanting;

CREATE TEMP TABLE bound AS
    SELECT class, item FROM class CROSS JOIN items WHERE everyone
    UNION SELECT class, item FROM class JOIN items ON in_role = role
    UNION SELECT class, item
    FROM class JOIN within ON within.unit = zone JOIN items ON in_unit = whole;

CREATE TEMP TABLE placement AS
WITH mandatory AS (SELECT DISTINCT community, item FROM bound JOIN class USING (class))
    SELECT community, item, 'mandatory'::level_name AS level FROM mandatory
    UNION ALL
    SELECT community, item, CASE WHEN reach >= $core_reach THEN 'core' ELSE 'specialist' END
    FROM wanting ANTI JOIN mandatory USING (community, item)
    WHERE reach > 0 AND $core_reach > 0
    UNION ALL
    SELECT community, item, 'core' FROM size CROSS JOIN items
    ANTI JOIN mandatory USING (community, item) WHERE $core_reach <= 0;

CREATE TEMP TABLE invited AS
    SELECT class, item FROM placement JOIN class USING (community) WHERE level = 'core'
    UNION ALL
    SELECT class, item FROM placement JOIN class USING (community)
    JOIN profile_want USING (profile, item)
    WHERE level <> 'core'
    UNION ALL
    SELECT class, item FROM bound JOIN class USING (class)
    ANTI JOIN profile_want USING (profile, item);

CREATE TEMP TABLE requires AS
WITH RECURSIVE chain (item, requires) AS (
    FROM prerequisites
    UNION
    SELECT chain.item, prerequisites.requires
    FROM chain JOIN prerequisites ON prerequisites.item = chain.requires)
FROM chain;

CREATE TEMP TABLE prepared AS
    SELECT DISTINCT class, requires AS item FROM invited JOIN requires USING (item)
    JOIN class USING (class)
    ANTI JOIN profile_hold ON profile_hold.profile = class.profile AND profile_hold.item = requires;

CREATE TEMP TABLE class_audience AS
    SELECT class, community, profile, heads, item
    FROM (FROM invited UNION ALL FROM prepared ANTI JOIN invited USING (class, item))
    JOIN class USING (class);

CREATE $laid_out "Audience" AS
    SELECT post, post_class.community, item FROM class_audience JOIN post_class USING (class);

CREATE TEMP TABLE needed_first AS
    SELECT DISTINCT community, item FROM prepared JOIN class USING (class);

CREATE TABLE "Assignment" AS
    FROM placement
    UNION ALL SELECT community, item, 'prerequisite' FROM needed_first
    ANTI JOIN placement USING (community, item);

CREATE TEMP TABLE assigned AS
    SELECT community, item, level, person_hours(sum(heads_by(heads, hours))) AS hours,
        person_hours(sum(heads_by(heads, hours))
                     FILTER (profile_want.item IS NULL AND level <> 'mandatory')) AS wasted
    FROM class_audience JOIN items USING (item) JOIN "Assignment" USING (community, item)
    LEFT JOIN profile_want USING (profile, item)
    GROUP BY ALL;

CREATE TABLE "AssignmentHours" AS SELECT community, item, hours FROM assigned;
CREATE TABLE "SuperfluousHours" AS
    SELECT community, item, wasted AS hours FROM assigned WHERE wasted IS NOT NULL;
CREATE TABLE "HoursAssigned" AS
    SELECT sum(hours)::BIGINT AS hours FROM assigned HAVING count(*) > 0;
CREATE TABLE "HoursSuperfluous" AS
    SELECT sum(wasted)::BIGINT AS hours FROM assigned HAVING count(wasted) > 0;
CREATE TABLE "HoursEverything" AS
    SELECT person_hours(sum(heads_by(heads, hours))) AS hours
    FROM size CROSS JOIN items HAVING count(*) > 0;


-- What comes first when hours are short; decisions are not read

CREATE TABLE "NeedMet" AS
    SELECT community, item, person_hours(sum(heads_by(heads, relevance))) AS need
    FROM class_audience JOIN profile_want USING (profile, item)
    JOIN profile_item USING (profile, item)
    WHERE relevance > 0 GROUP BY community, item;

CREATE TABLE "Priority" AS
    SELECT community, item, share((coalesce(need, 0) * 100)::HUGEINT, hours)::BIGINT AS priority
    FROM assigned LEFT JOIN "NeedMet" USING (community, item) WHERE hours <> 0;

CREATE TABLE "Turn" AS
    SELECT community, item, CASE level WHEN 'mandatory' THEN 1000000 ELSE 3000000 END AS turn
    FROM "Assignment";


-- What crosses

CREATE TEMP TABLE by_relevance AS
    SELECT community, item, heads, coalesce(score, 0) AS score, coalesce(wanting, 0) AS wanting,
        hours
    FROM placement JOIN size USING (community) JOIN items USING (item)
    LEFT JOIN wanting USING (community, item) LEFT JOIN "Score" USING (community, item)
    WHERE level <> 'mandatory' OR reach > 0;

CREATE TEMP TABLE home AS
    SELECT DISTINCT ON (item) item, community AS home FROM by_relevance
    ORDER BY item, score DESC, heads DESC, community;

CREATE TABLE "Crossing" AS
    SELECT CASE WHEN wanting >= 3 * $person AND wanting * 10 >= heads THEN 'shared'
                ELSE 'on request' END::kind_name AS kind,
        item, home, community AS other
    FROM by_relevance JOIN home USING (item) WHERE community <> home;

CREATE TABLE "Overlap" AS
WITH learned AS (SELECT community, sum(hours) AS hours FROM by_relevance GROUP BY community)
    SELECT one, other,
        share(common.hours, first.hours + second.hours - common.hours)::INTEGER AS share
    FROM (SELECT this.community AS one, that.community AS other, sum(this.hours) AS hours
          FROM by_relevance AS this JOIN by_relevance AS that
            ON this.item = that.item AND this.community < that.community
          GROUP BY ALL HAVING sum(this.hours) > 0) AS common
    JOIN learned AS first ON first.community = one
    JOIN learned AS second ON second.community = other;

CREATE TEMP TABLE neighbours AS
    SELECT one AS home, other, share FROM "Overlap"
    UNION ALL SELECT other, one, share FROM "Overlap";


-- Members, core to periphery, and brokers

CREATE TEMP TABLE community_craft AS
    SELECT community, practice, mean(craft, heads)::INTEGER AS craft
    FROM (SELECT community, practice, sum(heads * craft)::BIGINT AS craft
          FROM class JOIN profile_craft USING (profile) GROUP BY ALL)
    JOIN size USING (community);

CREATE TEMP TABLE class_affinity AS
    SELECT class, community, share(common, total)::INTEGER AS affinity
    FROM (SELECT class, other AS community, any_value(profile) AS profile,
              sum(least(profile_craft.craft, community_craft.craft))::BIGINT AS common
          FROM class JOIN (SELECT community AS home, community AS other FROM size
                           UNION ALL SELECT home, other FROM neighbours) AS compared
            ON home = class.community
          JOIN profile_craft USING (profile)
          JOIN community_craft ON community_craft.community = other
            AND community_craft.practice = profile_craft.practice
          GROUP BY ALL)
    JOIN profile_total USING (profile) WHERE total > 0;

CREATE $laid_out "Affinity" AS
    SELECT post, class_affinity.community, affinity
    FROM class_affinity JOIN post_class USING (class);

CREATE TABLE "Participation" AS
    SELECT post, class.community, level
    FROM (SELECT class, community,
              CASE WHEN coalesce(affinity, 0) >= $core_affinity THEN 'core'
                   WHEN coalesce(affinity, 0) * 2 >= $core_affinity THEN 'active'
                   ELSE 'peripheral' END::participation_name AS level
          FROM class LEFT JOIN class_affinity USING (class, community)) AS class
    JOIN post_class USING (class);

CREATE TEMP TABLE class_broker AS
    SELECT class, staffed.community AS other
    FROM class JOIN contact USING (role)
    JOIN (SELECT DISTINCT community, role FROM class) AS staffed ON staffed.role = counterpart
    WHERE strength >= 500000 AND staffed.community <> class.community
    UNION
    SELECT class.class, other
    FROM class JOIN neighbours ON home = class.community
    LEFT JOIN class_affinity
      ON class_affinity.class = class.class AND class_affinity.community = other
    WHERE coalesce(affinity, 0) >= $broker_affinity;

CREATE $laid_out "Broker" AS
    SELECT post, community AS home, other FROM class_broker JOIN post_class USING (class);

CREATE TEMP TABLE class_teacher AS
    SELECT community, item, class FROM class JOIN profile_hold USING (profile) WHERE teaches;

CREATE TEMP TABLE class_carrier AS
    SELECT class, crossing.item, home, other, 'teacher'::capacity_name AS capacity
    FROM "Crossing" AS crossing
    JOIN class_teacher AS teacher ON teacher.item = crossing.item AND community = home
    UNION ALL
    SELECT class, item, home, crossing.other, 'broker'
    FROM "Crossing" AS crossing
    ANTI JOIN class_teacher AS teacher ON teacher.item = crossing.item AND community = home
    JOIN (SELECT class, community AS here, other AS there
          FROM class_broker JOIN class USING (class)) AS broker
      ON (here = home AND there = crossing.other) OR (here = crossing.other AND there = home);

CREATE $laid_out "Carrier" AS
    SELECT post, item, home, other, capacity FROM class_carrier JOIN post_class USING (class);


-- In which order, and what is missing

CREATE TABLE "Step" AS
    SELECT own.community, own.item, count(first.item) * 1000000 AS position
    FROM "Assignment" AS own LEFT JOIN requires ON requires.item = own.item
    LEFT JOIN "Assignment" AS first
      ON first.community = own.community AND first.item = requires.requires
    GROUP BY ALL;

CREATE TEMP TABLE uncovered_heads AS
    SELECT community, practice, sum(heads) AS heads
    FROM class JOIN (
        SELECT profile, practice FROM profile_use WHERE want >= $relevant
          AND practice NOT IN (SELECT broader FROM coverage JOIN kin USING (practice)))
      USING (profile)
    GROUP BY ALL;
CREATE TABLE "Uncovered" AS
    SELECT community, practice, in_full(heads) AS heads FROM uncovered_heads;

CREATE TABLE "Idle" AS SELECT item FROM items ANTI JOIN "Assignment" USING (item);

CREATE TABLE "WithoutPractices" AS SELECT post FROM post ANTI JOIN uses USING (role);
CREATE $laid_out "Unassessed" AS
    SELECT post, practice FROM profile_use JOIN post USING (profile) WHERE NOT assessed;
CREATE TABLE "AssessmentIncomplete" AS
    SELECT DISTINCT role, practice FROM needs WHERE required IS NULL OR current IS NULL;
CREATE TABLE "AssessmentUnused" AS
    SELECT DISTINCT role, practice FROM needs ANTI JOIN uses USING (role, practice);
CREATE TABLE "WithoutCoverage" AS SELECT item FROM items ANTI JOIN coverage USING (item);
CREATE TABLE "EmptyUnit" AS SELECT unit FROM units ANTI JOIN unit_heads USING (unit);

CREATE TABLE "TooLarge" AS SELECT community, heads FROM "Community" WHERE heads > $largest;
CREATE TABLE "TooSmall" AS SELECT community, heads FROM "Community" WHERE heads < 5000000;
CREATE TABLE "NoLead" AS
    SELECT community, heads FROM "Community" JOIN units ON unit = community
    WHERE heads > 40000000 AND lead IS NULL;


-- What a leader can do next, with the hours at stake

CREATE TABLE "Advice" AS
WITH crossing AS (
    SELECT crossing.*, person_hours(heads_by(wanting, hours)) AS hours
    FROM "Crossing" AS crossing
    JOIN by_relevance ON community = other AND by_relevance.item = crossing.item),
typical AS (SELECT coalesce(mean(sum(hours), count(*)), 1000000) AS hours FROM items),
nearest AS (
    SELECT DISTINCT ON (home) home AS community, other FROM neighbours
    ORDER BY home, share DESC, other)
    SELECT 'share'::action_name AS action, item AS subject, home AS community, other, hours
    FROM crossing WHERE kind = 'shared'
    UNION ALL
    SELECT 'appoint a broker', item, home, other, hours
    FROM crossing ANTI JOIN class_carrier USING (item, home, other)
    UNION ALL
    SELECT 'buy or build', practice, community, NULL, person_hours(heads_by(heads, hours))
    FROM uncovered_heads CROSS JOIN typical
    UNION ALL
    SELECT 'retire', item, NULL, NULL, person_hours(sum(heads_by(heads, hours)))
    FROM "Idle" JOIN items USING (item) CROSS JOIN size GROUP BY item
    UNION ALL
    SELECT 'brief instead of a course', item, community, NULL, wasted
    FROM assigned SEMI JOIN needed_first USING (community, item) WHERE wasted > hours - wasted
    UNION ALL
    SELECT 'name a lead', community, community, NULL, coalesce(taken, 0)
    FROM "NoLead" LEFT JOIN (SELECT community, sum(hours) AS taken FROM assigned GROUP BY community)
      USING (community)
    UNION ALL
    SELECT 'merge', community, community, other, hours
    FROM "TooSmall" JOIN nearest USING (community) CROSS JOIN "RunningCost";
