#pragma once

/* What a test and disk_faults.c, which is loaded into kvnode, say to each other.
 *
 * The environment names two things: CAF_RAFT_DISK is a directory, whose regular
 * files misbehave as told; CAF_RAFT_DISK_CONTROL is a file that both sides map and
 * that holds a disk_control. Next to the latter, in a file CONTROL.INODE for each
 * of those files, is what a loss of power would take: disk_records, oldest first. */

#include <stdint.h>

enum disk_fault {
  DISK_WELL = 0,
  /* Writes behind the end of a file, or into a hole, fail with ENOSPC. */
  DISK_FULL = 1,
  /* Writes fail with EIO. */
  DISK_WRITE_FAILS = 2,
  /* fsync and fdatasync fail with EIO, and so do writes that are durable when they
   * return. */
  DISK_SYNC_FAILS = 3,
  /* Neither return while this is set. */
  DISK_HANGS = 4,
};

struct disk_control {
  uint32_t fault;
  /* Counts the calls that met the fault. */
  uint32_t met;
  /* Counts fsync, fdatasync and writes that are durable when they return. */
  uint64_t syncs;
  /* Counts writes. */
  uint64_t writes;
};

enum disk_record_kind {
  /* A write that was not synced yet. The record is followed by old_bytes bytes:
   * what was there before, as far as the file reached. */
  DISK_WRITE = 1,
  /* A write that was durable when it returned. */
  DISK_DURABLE_WRITE = 2,
};

struct disk_record {
  uint32_t kind;
  uint32_t old_bytes;
  uint64_t offset;
  uint64_t bytes;
  uint64_t old_size;
};
