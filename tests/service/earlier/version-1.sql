BEGIN TRANSACTION;
CREATE TABLE articles (
    article_id  TEXT    PRIMARY KEY,
    revision_id INTEGER NOT NULL REFERENCES revisions
) STRICT, WITHOUT ROWID;
INSERT INTO "articles" VALUES('ferry',2);
INSERT INTO "articles" VALUES('harbour',4);
CREATE TABLE commits (
    number INTEGER PRIMARY KEY,
    token  TEXT NOT NULL
) STRICT;
INSERT INTO "commits" VALUES(0,'04adbc10a6dc0940');
INSERT INTO "commits" VALUES(1,'1a3b34f931af8ca2');
INSERT INTO "commits" VALUES(2,'bffa0d3308eb3f09');
INSERT INTO "commits" VALUES(3,'6e13c32b66cb3cec');
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "meta" VALUES('commit',3);
INSERT INTO "meta" VALUES('identity','{"encoder_name": "words", "encoder_sha256": "dba36bffa5cab0f922d087a3aeb179f9d4e745df40b323e1b1471402848c8a3e", "dim": 8, "max_pieces": 256, "max_tokens": 24, "overlap_tokens": 4}');
INSERT INTO "meta" VALUES('library_id','2276c13772e696f66387cf42671abbcf');
CREATE TABLE passages (
    passage_id  INTEGER PRIMARY KEY AUTOINCREMENT,
    revision_id INTEGER NOT NULL REFERENCES revisions,
    start       INTEGER NOT NULL,
    "end"       INTEGER NOT NULL,
    retired_in  INTEGER,
    CHECK (0 <= start AND start < "end")
) STRICT;
INSERT INTO "passages" VALUES(1,1,0,69,2);
INSERT INTO "passages" VALUES(2,1,70,100,2);
INSERT INTO "passages" VALUES(3,1,101,170,2);
INSERT INTO "passages" VALUES(4,2,0,27,NULL);
INSERT INTO "passages" VALUES(5,2,64,80,NULL);
INSERT INTO "passages" VALUES(6,3,0,30,3);
INSERT INTO "passages" VALUES(7,4,0,55,NULL);
CREATE TABLE revisions (
    revision_id           INTEGER PRIMARY KEY AUTOINCREMENT,
    article_id            TEXT    NOT NULL,
    sha256                TEXT    NOT NULL,
    title                 TEXT    NOT NULL,
    publisher             TEXT,
    published_at          TEXT,
    published_at_inferred INTEGER NOT NULL,
    author                TEXT,
    url                   TEXT,
    origin                TEXT,
    skipped               TEXT    NOT NULL,
    text                  TEXT    NOT NULL,
    UNIQUE (article_id, sha256)
) STRICT;
INSERT INTO "revisions" VALUES(1,'harbour','fa42662896ddb8dfc86a8dd2c8e3d25f69d91f13a022ca2ae9942f07466ed140','Harbour reopens','Courier','2024-01-16',0,'A. Writer','https://news.example/harbour','harbour.txt','[]','The harbour reopened on Tuesday. Engineers had checked all 14 cranes. Müller resigned; 서울은 논평하지 않았다. The council kept it closed because it feared that a crane would fall.');
INSERT INTO "revisions" VALUES(2,'ferry','bac2485233c7d5c8a82e5ca48a628790d450791e66b22c88d040feac4cad0aa9','Ferry sinks',NULL,NULL,0,NULL,NULL,NULL,'[[29, 62, "sharing"]]','The ferry sank on Monday. 😀

Sign up for our newsletter today.

Nobody was hurt.');
INSERT INTO "revisions" VALUES(3,'tunnel','19927011502e3ff4d6bdbfbe393e94360f20400ca4406df794006769845e9d70','Tunnel',NULL,NULL,0,NULL,NULL,NULL,'[]','The tunnel opened. It is long.');
INSERT INTO "revisions" VALUES(4,'harbour','92a8229b55e49129e12b7f41ef561d81387447183ec1be906c53c2071e9ae553','Harbour closes','Courier','2024-02-02',0,NULL,NULL,NULL,'[]','The harbour closed again on Friday. A crane had fallen.');
CREATE TABLE vectors (
    passage_id INTEGER NOT NULL REFERENCES passages,
    encoder    TEXT    NOT NULL,
    vector     BLOB    NOT NULL,
    PRIMARY KEY (passage_id, encoder)
) STRICT, WITHOUT ROWID;
INSERT INTO "vectors" VALUES(4,'dba36bffa5cab0f922d087a3aeb179f9d4e745df40b323e1b1471402848c8a3e',X'00366F34C5B5AE3815B75DAB02AD2DB5');
INSERT INTO "vectors" VALUES(5,'dba36bffa5cab0f922d087a3aeb179f9d4e745df40b323e1b1471402848c8a3e',X'F934F33623AEFA3417BA9A2A633093AD');
INSERT INTO "vectors" VALUES(7,'dba36bffa5cab0f922d087a3aeb179f9d4e745df40b323e1b1471402848c8a3e',X'0A310DB80031342953393AB60035E526');
CREATE INDEX revisions_published ON revisions (published_at);
CREATE INDEX revisions_publisher ON revisions (publisher);
CREATE INDEX passages_revision ON passages (revision_id);
CREATE INDEX passages_retired ON passages (retired_in) WHERE retired_in IS NOT NULL;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('revisions',4);
INSERT INTO "sqlite_sequence" VALUES('passages',7);
COMMIT;
PRAGMA application_id = 1115245678;
PRAGMA user_version = 1;
