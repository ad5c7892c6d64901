// How much a bench does. The two sizes that people choose, and smaller ones for the test. Plain values.
#pragma once

#include <string>
#include <vector>

namespace app {

// So many authors, each with so many followers of its own, each posting so much in a round.
struct Audience
{
    int followers = 0, authors = 1, posts = 1;
};

// Readers whose home timelines hold so many entries before anything is delivered to them.
struct ReaderGroup
{
    int readers = 0;
    int entries = 0;       // wanted; fewer when they do not fit into memory,
    int fewestEntries = 0; // but not below this (plain sorted sets up to 128 entries are kept as listpacks)
    int spread = 0;        // up to so many more, in steps of ten, so that trims do not come all at once
    std::vector<Audience> audiences; // ascending
    std::string
        costRatio; // key of: cost of one delivery in the largest audience / in the smallest; empty: none
};

struct BenchSizes
{
    int rounds = 5;
    std::vector<ReaderGroup>
        groups; // the first one's last audience is the headline; the last one's last keeps engines busy
    int writers = 64, postsPerWriter = 330; // what page readers follow; also the small tasks of the queue
    int pageReaders = 64;
    int pagesPerRound = 256;
    int deepPage = 1'000;
    int postsPerRound = 1'000;       // of the post latency, idle and busy each,
    int postGapMicroseconds = 2'000; // one in so long
    int quietReaders = 100;          // of those of the posting authors who have any
    int busyPosts = 1;               // to the largest audience, at once
    int memorySamples = 40;
    int deletedPosts = 10'000;      // of the account that is taken apart beside others' posts
    int deletionSamples = 250;      // of those a round, before and beside it each
    int dormantFollowers = 100'000; // of an author, held against one without followers
    int dormantPosts = 40;          // a round, of each of the two
    double diskGiB = 5;             // free space wanted

    static BenchSizes quick();
    static BenchSizes full();
};

} // namespace app
