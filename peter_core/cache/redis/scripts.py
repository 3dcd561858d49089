"""What Redis does in one step, as Lua, and the names of the keys it does it to.

All keys begin with a namespace. ``head`` is a hash: the epoch, the server's run id, and three
counters: ``seq`` of invalidations, ``changes`` of those and of replaced values, ``fence`` of
leases and writes. A restarted server begins a new epoch, because it may have lost an invalidation
that it acknowledged; everything else has the epoch in its key, so that what an older epoch left
is never read:

- ``e:<key>``: hash, ``v`` the sealed value (empty: too large, held on disks), ``c`` its seal's
  code, ``f`` the fence of its writer, ``t`` its tags;
- ``t:<tag>``: sorted set of keys by their expiry, so that the expired can be trimmed;
- ``sizes``: hash of the values' lengths;
- ``log``: stream of the last invalidations, ids are ``<seq>-0``;
- ``inv:<tag>``, ``inv:key:<key>``: the fence of the last invalidation, kept for an hour: whoever
  began to compute before it writes no more;
- ``lease:<key>``: ``<fence>:<token>`` of who computes the value.
"""

from __future__ import annotations

LOG_LENGTH = 1000
ALL_TAG = "*"

HELLO = """
local head = redis.call('HMGET', KEYS[1], 'epoch', 'run', 'seq', 'changes')
if head[1] and head[2] == ARGV[2] then
  return {head[1], tonumber(head[3]), tonumber(head[4]), ''}
end
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'run', ARGV[2], 'seq', 0, 'changes', 0)
return {ARGV[1], 0, 0, head[1] or ''}
"""
"""KEYS head; ARGV new epoch, run id. Gives epoch, seq, changes, the epoch that it ends."""

_FORGET = """
local function forget(prefix, key)
  local tags = redis.pcall('HGET', prefix .. 'e:' .. key, 't')
  if type(tags) == 'string' then
    for tag in string.gmatch(tags, '[^|]+') do
      redis.call('ZREM', prefix .. 't:' .. tag, key)
    end
  end
  local size = redis.call('HGET', prefix .. 'sizes', key)
  if size then
    redis.call('HDEL', prefix .. 'sizes', key)
    redis.call('HINCRBY', prefix .. 'sizes', '', -size)
  end
  return redis.call('UNLINK', prefix .. 'e:' .. key)
end
local function trim(prefix, tag, now)
  local set = prefix .. 't:' .. tag
  local gone = redis.call('ZRANGEBYSCORE', set, '-inf', now, 'LIMIT', 0, 100)
  for _, key in ipairs(gone) do
    redis.call('ZREM', set, key)
    if tag == '*' and redis.call('EXISTS', prefix .. 'e:' .. key) == 0 then
      forget(prefix, key)
    end
  end
end
"""

SET = (
    _FORGET
    + """
local prefix, key, value, ttl = ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[6])
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return -1 end
local entry = prefix .. 'e:' .. key
local fence = tonumber(ARGV[7])
if fence then
  local there = redis.pcall('HGET', entry, 'f')
  if type(there) == 'string' and (tonumber(there) or 0) > fence then return 0 end
  local last = redis.call('GET', prefix .. 'inv:key:' .. key)
  if last and tonumber(last) > fence then return 0 end
  for i = 9, #ARGV do
    last = redis.call('GET', prefix .. 'inv:' .. ARGV[i])
    if last and tonumber(last) > fence then return 0 end
  end
else
  fence = redis.call('HINCRBY', KEYS[1], 'fence', 1)
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local replaced = forget(prefix, key)
local tags = {}
for i = 9, #ARGV do
  tags[#tags + 1] = ARGV[i]
  trim(prefix, ARGV[i], now)
  local set = prefix .. 't:' .. ARGV[i]
  redis.call('ZADD', set, now + ttl, key)
  -- The set of all keys stays: trimming it is what counts the bytes that expired.
  if ARGV[i] ~= '*' and redis.call('PTTL', set) < ttl then redis.call('PEXPIRE', set, ttl) end
end
redis.call('HSET', entry, 'v', value, 'c', ARGV[5], 'f', fence, 't', table.concat(tags, '|'))
redis.call('PEXPIRE', entry, ttl)
redis.call('HSET', prefix .. 'sizes', key, #value)
redis.call('HINCRBY', prefix .. 'sizes', '', #value)
if replaced == 1 then
  local changes = redis.call('HINCRBY', KEYS[1], 'changes', 1)
  redis.call('PUBLISH', ARGV[8], cjson.encode({'replaced', ARGV[1], changes}))
end
return 1
"""
)
"""KEYS head; ARGV epoch, prefix, key, value, code, ttl in ms, fence or '', channel, tags...

Gives 1 when it was kept, 0 when a newer value or an invalidation stands against it, -1 when the
epoch is over.
"""

EVICT = (
    _FORGET
    + """
local prefix, change = ARGV[2], cjson.decode(ARGV[4])
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return false end
-- After a first write a script may go on though memory is full.
redis.call('DEL', prefix .. 'none')
local seq = redis.call('HINCRBY', KEYS[1], 'seq', 1)
local changes = redis.call('HINCRBY', KEYS[1], 'changes', 1)
local fence = redis.call('HINCRBY', KEYS[1], 'fence', 1)
local function mark(name) redis.call('SET', prefix .. 'inv:' .. name, fence, 'EX', 3600) end
local found = {}
if change.key then
  found[1] = change.key
  mark('key:' .. change.key)
else
  local counts, narrowest = {}, change.groups[1]
  for _, group in ipairs(change.groups) do
    if #group < #narrowest then narrowest = group end
    local here = {}
    for _, tag in ipairs(group) do
      for _, key in ipairs(redis.call('ZRANGE', prefix .. 't:' .. tag, 0, -1)) do here[key] = 1 end
    end
    for key in pairs(here) do counts[key] = (counts[key] or 0) + 1 end
  end
  for _, tag in ipairs(narrowest) do mark(tag) end
  for key, count in pairs(counts) do
    if count == #change.groups then found[#found + 1] = key end
  end
end
local gone = {seq}
for _, key in ipairs(found) do
  if forget(prefix, key) == 1 then gone[#gone + 1] = key end
end
redis.call('XADD', prefix .. 'log', 'MAXLEN', ARGV[5], seq .. '-0', 'change', ARGV[4])
redis.call('PUBLISH', ARGV[3], cjson.encode({'evicted', ARGV[1], changes}))
return gone
"""
)
"""KEYS head; ARGV epoch, prefix, channel, change as JSON, length of the log.

Gives the number of the invalidation and the keys that there were; false when the epoch is over.
"""

CLAIM = """
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return false end
local held = redis.call('GET', KEYS[2])
if held then
  local fence, token = string.match(held, '^(%d+):(.*)$')
  return {token == ARGV[2] and 1 or 0, tonumber(fence or 0)}
end
local fence = redis.call('HINCRBY', KEYS[1], 'fence', 1)
redis.call('SET', KEYS[2], fence .. ':' .. ARGV[2], 'NX', 'PX', ARGV[3])
return {1, fence}
"""
"""KEYS head, lease; ARGV epoch, token, ttl in ms. Gives whether it is ours, and its fence."""

RENEW = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""
"""KEYS lease; ARGV ``fence:token``, ttl in ms."""

RELEASE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('PUBLISH', ARGV[2], cjson.encode({'released', ARGV[3]}))
return redis.call('DEL', KEYS[1])
"""
"""KEYS lease; ARGV ``fence:token``, channel, key of the cache."""
