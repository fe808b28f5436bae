import BoundedJSON

extension MachineReport: ReportPart {
  package func json() -> JSONValue {
    var object = JSONObject()
    object["mitigated"] = mitigated?.json()
    object["vulnerable"] = vulnerable?.json()
    object["iommus"] = iommus?.json()
    object["governors"] = governors?.json()
    object["smt"] = simultaneousThreads?.json()
    object["numa_nodes"] = numaNodes?.json()
    object["is_virtual"] = isVirtual?.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init()
    mitigated = try members.optional("mitigated")
    vulnerable = try members.optional("vulnerable")
    iommus = try members.optional("iommus")
    governors = try members.optional("governors")
    simultaneousThreads = try members.optional("smt")
    numaNodes = try members.optional("numa_nodes")
    isVirtual = try members.optional("is_virtual")
  }
}

extension InterfaceReport.Choice: ReportPart {}
extension InterfaceReport.DataSplit: ReportPart {}

extension InterfaceReport: ReportPart {
  package func json() -> JSONValue {
    var object = JSONObject()
    object["name"] = name.json()
    object["choice"] = choice.json()
    object["mtu"] = mtu.json()
    object["driver"] = driver?.json()
    object["driver_version"] = driverVersion?.json()
    object["firmware"] = firmware?.json()
    object["bus"] = bus?.json()
    object["speed"] = speed?.json()
    object["numa_node"] = numaNode?.json()
    object["iommu_group"] = iommuGroup?.json()
    object["iommu_group_type"] = iommuGroupType?.json()
    object["offloads"] = offloads?.json()
    object["receive_ring"] = receiveRing?.json()
    object["transmit_ring"] = transmitRing?.json()
    object["tcp_data_split"] = dataSplit?.json()
    object["hds_thresh"] = splitThreshold?.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(
      name: try members.required("name"), choice: try members.required("choice"), mtu: try members.required("mtu"))
    driver = try members.optional("driver")
    driverVersion = try members.optional("driver_version")
    firmware = try members.optional("firmware")
    bus = try members.optional("bus")
    speed = try members.optional("speed")
    numaNode = try members.optional("numa_node")
    iommuGroup = try members.optional("iommu_group")
    iommuGroupType = try members.optional("iommu_group_type")
    offloads = try members.optional("offloads")
    receiveRing = try members.optional("receive_ring")
    transmitRing = try members.optional("transmit_ring")
    dataSplit = try members.optional("tcp_data_split")
    splitThreshold = try members.optional("hds_thresh")
  }
}

extension OffloadsReport: ReportPart {
  package func json() -> JSONValue {
    .object([
      "gro": gro.json(),
      "lro": lro.json(),
      "tso": tso.json(),
      "gso": gso.json(),
      "hw_gro": hardwareGRO.json(),
    ])
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(
      gro: try members.required("gro"), lro: try members.required("lro"), tso: try members.required("tso"),
      gso: try members.required("gso"), hardwareGRO: try members.required("hw_gro"))
  }
}
