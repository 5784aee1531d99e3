-- Requests for wrk, made once and then drawn at random, so that making them
-- costs the load generator next to nothing; at the end one line of JSON.
--   wrk -s bench.lua URL -- orders Tux,Whale      POST /orders of one random toy
--   wrk -s bench.lua URL -- puts                  etcd's JSON gateway: put
--   wrk -s bench.lua URL -- get                   GET of the URL itself
--   wrk -s bench.lua URL -- paths /a,/b           GET of one of these
local PUT_KEYS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
-- About as many bytes as a row of the order log, in base64.
local PUT_VALUE = "MTIzLDMsMTEsMjAyNi0wMS0zMVQxMjowMDowMC4wMDBaLFR1eCxidXksMSx+YWJjZGVmZ2hpamssMTEsMDAwMA=="
local requests = {}

local function post(path, body)
  local headers = { ["Content-Type"] = "application/json" }
  return wrk.format("POST", path, headers, body)
end

function init(args)
  -- Each thread of wrk has a table of its own, at an address of its own.
  local address = tonumber(tostring(requests):match("0x(%x+)") or "0", 16)
  math.randomseed(os.time() + address % 1000000)
  if args[1] == "orders" then
    for name in string.gmatch(args[2], "[^,]+") do
      table.insert(requests, post("/orders", '{"name":"' .. name .. '","quantity":1}'))
    end
  elseif args[1] == "paths" then
    for path in string.gmatch(args[2], "[^,]+") do
      table.insert(requests, wrk.format("GET", path))
    end
  elseif args[1] == "puts" then
    for letter in string.gmatch(PUT_KEYS, ".") do
      local body = '{"key":"' .. string.rep(letter, 12) .. '","value":"' .. PUT_VALUE .. '"}'
      table.insert(requests, post("/v3/kv/put", body))
    end
  else
    table.insert(requests, wrk.format("GET"))
  end
end

function request()
  return requests[math.random(#requests)]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"durationUs":%d,"refused":%d,"broken":%d,"p50Us":%d,"p99Us":%d,"maxUs":%d}\n',
    summary.requests, summary.duration, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99), latency.max))
end
