interface Shop {
  name: string;
}

enum Plan { Free, Pro }

function buy(shop: Shop, plan: Plan): never {
  throw new Error(`no ${Plan[plan]} at ${shop.name}`);
}

export default function (): void {
  try {
    buy({ name: 'shop' }, Plan.Pro);
  } catch (e) {
    console.log((e as Error).stack!.replace(/file:\S*\//g, ''));
  }
  buy({ name: 'other' }, Plan.Free);
}
