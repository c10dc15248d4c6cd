/* Constants of scripts by their names: Linux's numbers, whatever machine we run on. */
#ifndef WW_LAB_PKT_CONST_H
#define WW_LAB_PKT_CONST_H

#include <stdbool.h>
#include <stdint.h>

/** pkt_const() - false: there is no such name. */
bool pkt_const(const char *name, int64_t *value);
/** pkt_state_name() - "TCP_ESTABLISHED", of a number in tcpi_state. */
const char *pkt_state_name(int64_t state);
/** pkt_errno() - a number by its name, 0: no such name. */
int pkt_errno(const char *name);
/** pkt_info_field() - where TCP_INFO keeps "tcpi_rto" and its kin: the value in @info of @len
 * octets. False: no such field, or it lies behind the end. */
bool pkt_info_field(const uint8_t *info, uint32_t len, const char *name, int64_t *value);

#endif
