-- wrk: no two requests are the same to the byte.
local count = 0

request = function()
  count = count + 1
  return wrk.format("GET", nil, {["X-Count"] = count})
end
