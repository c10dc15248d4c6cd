/* curl's progress meter: the table it prints to standard error. */
#ifndef WW_APPS_CURL_METER_H
#define WW_APPS_CURL_METER_H

#include "base/strbuf.h"
#include "stack/socket/process.h"

#define CURL_METER_SPEEDS 6 /* the current speed is that of the last seconds */

struct curl_meter {
    bool on, header_shown;
    sim_time started; /* the transfer */
    int64_t shown_at; /* second of the transfer in which a row was printed; -1: none */
    uint64_t downloaded, uploaded;
    bool size_known;
    uint64_t size; /* of the download */
    unsigned n_speeds;
    struct {
        uint64_t octets;
        sim_time at;
    } speeds[CURL_METER_SPEEDS];
};

/** curl_meter_begin() - a request starts; the header is printed once for each curl_meter_reset().
 */
void curl_meter_reset(struct curl_meter *meter, bool on, sim_time now);
void curl_meter_begin(struct curl_meter *meter);
/** curl_meter_update() - a row, if a second has gone by since the last. */
void curl_meter_update(struct curl_meter *meter, struct process *self);
/** curl_meter_done() - the last row, and the end of its line. */
void curl_meter_done(struct curl_meter *meter, struct process *self);

/** curl_meter_size() - five columns: "  300", " 2929k", "11.4M". curl_meter_time() - eight: "
 * 0:00:01". */
void curl_meter_size(uint64_t octets, char text[static 8]);
void curl_meter_time(int64_t seconds, char text[static 16]);
/** curl_meter_speed() - octets a second. */
uint64_t curl_meter_speed(uint64_t octets, sim_time time);

#endif
