-- wrk: sixteen requests in one write, then their sixteen answers.
init = function()
  local one = wrk.format("GET")
  batch = string.rep(one, 16)
end

request = function()
  return batch
end
